/** What decisions search for: queues, orphans, timers, sessions, uses. */
import { expect, it } from "vitest";
import {
  ANY_QUEUE,
  ANY_RUN,
  codesOf,
  effectsOf,
  type GetWorld,
  grantsOf,
  NS,
  present,
  valueOf,
} from "./world.ts";

export function searchRules(getWorld: GetWorld): void {
  queues(getWorld);
  orphans(getWorld);
  dueThings(getWorld);
  uses(getWorld);
  unfinished(getWorld);
}

function queues(getWorld: GetWorld): void {
  it("hands out a queue by position, as far as there are slots", async () => {
    const world = getWorld();
    await world.define("app", "lib");
    await world.done(world.hello("builder", ["app", "lib"], { concurrency: 3 }));
    for (const name of ["d", "a", "c", "b"]) await world.done(world.create("app", name));
    await world.done(world.create("lib", "other"));
    const grants = await world.grants("builder", "app");
    expect(grants.map(({ run }) => run.resource.name)).toEqual(["d", "a", "c"]);
    expect(await world.grants("builder", "app")).toEqual([]);
    const depths = await world.storage.queueDepths(ANY_QUEUE);
    expect(depths.map(({ kind, depth }) => [kind, depth])).toEqual([
      ["app", 1],
      ["lib", 1],
    ]);
  });

  it("finds in a queue no more than it was asked for", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"]));
    for (const name of ["a", "b", "c"]) await world.done(world.create("app", name));
    const first = grantsOf(await world.batch(world.claim("builder", "app", 2)));
    expect(first.map(({ run }) => run.resource.name)).toEqual(["a", "b"]);
    const second = grantsOf(await world.batch(world.claim("builder", "app", 2)));
    expect(second.map(({ run }) => run.resource.name)).toEqual(["c"]);
  });

  it("leases in the batch that queues", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"]));
    const claim = { ...world.claim("builder", "app"), topics: [] };
    const result = await world.batch(world.create("app", "a"), claim);
    expect(grantsOf(result)).toHaveLength(1);
    expect(await world.storage.queueDepths(ANY_QUEUE)).toEqual([]);
  });

  it("skips the whole queue of a driver that is forgotten", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"]));
    await world.batch(world.create("app", "a"), world.create("app", "b"));
    await world.done(world.disconnect("builder", true));
    await world.batch({ kind: "forgetDriver", name: "builder" });
    const runs = await world.storage.runs(ANY_RUN);
    expect(runs.map((run) => run.steps[0]?.state)).toEqual(["skipped", "skipped"]);
    expect(await world.storage.queueDepths(ANY_QUEUE)).toEqual([]);
    expect(await world.storage.drivers({ ns: NS, after: null, limit: 10 })).toEqual([]);
  });

  it("skips what the batch itself queued for a driver that is forgotten", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"]));
    await world.done(world.disconnect("builder", true));
    await world.batch(world.create("app", "a"), { kind: "forgetDriver", name: "builder" });
    expect((await world.storage.runs(ANY_RUN))[0]?.steps[0]?.state).toBe("skipped");
    expect(await world.storage.queueDepths(ANY_QUEUE)).toEqual([]);
  });
}

function orphans(getWorld: GetWorld): void {
  it("gives runs that nobody listened to to the first listener of their kind", async () => {
    const world = getWorld();
    await world.define("app", "lib");
    await world.batch(world.create("app", "b"), world.create("lib", "x"), world.create("app", "a"));
    const hello = await world.batch(world.hello("builder", ["app"]));
    expect(valueOf<"hello">(hello.outcomes[0]).more).toBe(false);
    const grants = await world.grants("builder", "app");
    expect(grants.map(({ run }) => run.resource.name)).toEqual(["b", "a"]);
    const runs = await world.storage.runs({ ...ANY_RUN, resource: "lib" });
    expect(runs[0]?.steps).toEqual([]);
  });

  it("gives a run to a listener that comes in the same batch", async () => {
    const world = getWorld();
    await world.define("app");
    await world.batch(world.create("app", "a"), world.hello("builder", ["app"]));
    expect(await world.grants("builder", "app")).toHaveLength(1);
  });

  it("lists an adopted run under its driver", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.create("app", "a"));
    await world.done(world.hello("builder", ["app"]));
    const runs = await world.storage.runs({ ...ANY_RUN, driver: "builder" });
    expect(runs.map(({ resource }) => resource.name)).toEqual(["a"]);
  });
}

function dueThings(getWorld: GetWorld): void {
  it("finds sessions when they expire, not before, and those renewed later", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"]));
    await world.done(world.create("app", "a"));
    await world.grants("builder", "app");
    world.timeMs += 15_000;
    await world.done({ kind: "renew", sessions: [world.session("builder")] });
    world.timeMs += 19_999;
    expect(effectsOf(await world.batch({ kind: "tick", limit: 10 }), "expired")).toEqual([]);
    world.timeMs += 1;
    const tick = await world.batch({ kind: "tick", limit: 10 });
    expect(effectsOf(tick, "expired")).toHaveLength(1);
    expect(effectsOf(tick, "queued")).toHaveLength(1);
    expect(await world.storage.sessions({ ns: NS, driver: null })).toEqual([]);
  });

  it("says that more is due than it was asked to do", async () => {
    const world = getWorld();
    for (const driver of ["a", "b", "c"]) await world.done(world.hello(driver, ["app"]));
    world.timeMs += 20_000;
    expect(await world.done({ kind: "tick", limit: 2 })).toEqual({ more: true });
    expect(await world.done({ kind: "tick", limit: 2 })).toEqual({ more: false });
  });

  it("finds a timeout when it is due, and not one whose attempt has ended", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.pipeline("p", "app", [{ timeout: "5s" }]));
    await world.done(world.hello("builder", ["app"]));
    await world.done(world.create("app", "a", { pipeline: "p" }));
    await world.done(world.create("app", "b", { pipeline: "p" }));
    const [a, b] = await world.grants("builder", "app");
    await world.done(world.result(present(b)));
    world.timeMs += 4_999;
    expect(effectsOf(await world.batch({ kind: "tick", limit: 10 }), "cancel")).toEqual([]);
    world.timeMs += 1;
    const cancels = effectsOf(await world.batch({ kind: "tick", limit: 10 }), "cancel");
    expect(cancels.map(({ token, reason }) => [token, reason])).toEqual([[a?.token, "timeout"]]);
    world.timeMs += 10_000;
    await world.batch({ kind: "tick", limit: 10 });
    expect((await world.load(a?.run.id ?? "")).state).toBe("timed_out");
  });

  it("gives every session a fresh time when a server starts", async () => {
    const world = getWorld();
    for (const driver of ["a", "b"]) await world.done(world.hello(driver, ["app"]));
    world.timeMs += 18_000;
    await world.done({ kind: "recover" });
    const sessions = await world.storage.sessions({ ns: NS, driver: null });
    expect(sessions.map(({ connected }) => connected)).toEqual([false, false]);
    for (const { expiresAt } of sessions) expect(expiresAt).toBe(world.timeMs + 20_000);
  });
}

function uses(getWorld: GetWorld): void {
  it("knows that a definition is in use by a resource or a pipeline", async () => {
    const world = getWorld();
    await world.define("app", "lib");
    await world.done(world.pipeline("p", "lib", [{}]));
    await world.done(world.create("app", "a"));
    const remove = (name: string) => ({ kind: "deleteDefinition", name }) as const;
    expect(codesOf(await world.batch(remove("app"), remove("lib")))).toEqual([
      "definition_in_use",
      "definition_in_use",
    ]);
    await world.batch(world.remove("app", "a"), { kind: "deletePipeline", name: "p" });
    expect(codesOf(await world.batch(remove("app"), remove("lib")))).toEqual(["ok", "ok"]);
  });

  it("knows that a definition is in use by what the batch itself made", async () => {
    const world = getWorld();
    await world.define("app");
    const remove = { kind: "deleteDefinition", name: "app" } as const;
    expect(codesOf(await world.batch(world.create("app", "a"), remove))).toEqual([
      "ok",
      "definition_in_use",
    ]);
  });

  it("knows that a pipeline is in use by a resource or an unfinished run", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.pipeline("p", "app", [{}]));
    await world.done(world.hello("builder", ["app"]));
    await world.done(world.create("app", "a", { pipeline: "p" }));
    const grant = await world.grant("builder", "app");
    const remove = { kind: "deletePipeline", name: "p" } as const;
    expect(codesOf(await world.batch(remove))).toEqual(["pipeline_in_use"]);
    await world.done(world.remove("app", "a"));
    expect(codesOf(await world.batch(remove))).toEqual(["pipeline_in_use"]);
    await world.done(world.result(grant));
    expect(codesOf(await world.batch(remove))).toEqual(["ok"]);
  });
}

function unfinished(getWorld: GetWorld): void {
  it("cancels the unfinished runs of a resource that is deleted, and no others", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"]));
    await world.batch(world.create("app", "a"), world.create("app", "b"));
    await world.done(world.update("app", "a", "two"));
    await world.done(world.remove("app", "a"));
    const runs = await world.storage.runs(ANY_RUN);
    expect(runs.map(({ resource, state }) => [resource.name, state])).toEqual([
      ["a", "cancelled"],
      ["b", "pending"],
      ["a", "cancelled"],
    ]);
  });

  it("cancels a run of the batch in which its resource is deleted", async () => {
    const world = getWorld();
    await world.define("app");
    await world.batch(world.create("app", "a"), world.remove("app", "a"));
    expect((await world.storage.runs(ANY_RUN)).map(({ state }) => state)).toEqual(["cancelled"]);
  });

  it("counts unfinished runs by state", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"], { concurrency: 2 }));
    for (const name of ["a", "b", "c"]) await world.done(world.create("app", name));
    const first = await world.grant("builder", "app");
    await world.done(world.result(first));
    expect(await world.storage.unfinishedRuns({ ns: NS, upTo: 10 })).toEqual({
      pending: 1,
      running: 1,
    });
  });

  it("counts unfinished runs of a state no further than it was asked to", async () => {
    const world = getWorld();
    await world.define("app");
    for (const name of ["a", "b", "c"]) await world.done(world.create("app", name));
    expect(await world.storage.unfinishedRuns({ ns: NS, upTo: 2 })).toEqual({ pending: 2 });
  });
}
