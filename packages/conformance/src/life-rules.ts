/** The whole life of a run, through batches alone. */
import { expect, it } from "vitest";
import { codesOf, effectsOf, type GetWorld, grantsOf, NS, present } from "./world.ts";

export function lifeRules(getWorld: GetWorld): void {
  ordinaryLives(getWorld);
  brokenLives(getWorld);
}

function ordinaryLives(getWorld: GetWorld): void {
  it("carries a run from its event to its result", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"]));
    const { run } = await world.done(world.create("app", "a"));
    expect(run?.state).toBe("pending");
    world.timeMs += 10;
    const grant = await world.grant("builder", "app");
    expect((await world.load(run?.id ?? "")).state).toBe("running");
    world.timeMs += 10;
    await world.batch(world.lines(grant, 0, ["working"]), world.result(grant, 1, "data"));
    const ended = await world.load(run?.id ?? "");
    expect(ended.state).toBe("succeeded");
    expect([ended.startedAt, ended.finishedAt]).toEqual([world.timeMs - 10, world.timeMs]);
    const [session] = await world.storage.sessions({ ns: NS, driver: "builder" });
    expect(session?.leases).toEqual([]);
    const changes = await world.storage.changes({ ns: NS, after: 0, limit: 100 });
    expect(changes.map(({ noun, what }) => `${noun} ${what}`)).toEqual([
      "definition created",
      "driver connected",
      "run pending",
      "resource created",
      "run running",
      "run succeeded",
    ]);
  });

  it("records a result that is sent again once", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"]));
    await world.done(world.create("app", "a"));
    const grant = await world.grant("builder", "app");
    expect(await world.done(world.result(grant))).toEqual({ state: "recorded" });
    const before = await world.storage.lastChange();
    expect(await world.done(world.result(grant))).toEqual({ state: "repeated" });
    expect(await world.storage.lastChange()).toBe(before);
  });

  it("takes a run of a pipeline through its steps, in one batch with the next lease", async () => {
    const world = getWorld();
    await world.define("app");
    const steps = [{ id: "build" }, { id: "check" }];
    await world.done(world.pipeline("p", "app", steps));
    await world.done(world.hello("builder", ["app"]));
    await world.done(world.create("app", "a", { pipeline: "p" }));
    const build = await world.grant("builder", "app");
    const claim = { ...world.claim("builder", "app"), topics: [] };
    const check = present(grantsOf(await world.batch(world.result(build), claim))[0]);
    expect(check.step).toBe("check");
    await world.done(world.result(check));
    expect((await world.load(check.run.id)).state).toBe("succeeded");
  });

  it("keeps the runs of a resource in order, over batches", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"]));
    await world.batch(world.create("app", "a"), world.update("app", "a", "two"));
    await world.done(world.update("app", "a", "three"));
    const versions: number[] = [];
    let [grant] = await world.grants("builder", "app");
    while (grant !== undefined) {
      versions.push(grant.run.resource.version);
      const claim = { ...world.claim("builder", "app"), topics: [] };
      [grant] = grantsOf(await world.batch(world.result(grant), claim));
    }
    expect(versions).toEqual([1, 2, 3]);
  });
}

function brokenLives(getWorld: GetWorld): void {
  it("grants what a lost instance held to the next, and refuses the first", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"]));
    await world.done(world.create("app", "a"));
    const first = await world.grant("builder", "app");
    world.timeMs += 20_000;
    await world.batch({ kind: "tick", limit: 10 });
    await world.done(world.hello("builder", ["app"], { bootId: "next" }));
    const second = await world.grant("builder", "app");
    expect(second?.attempt).toBe(2);
    expect(second?.token).toBeGreaterThan(first.token);
    const late = await world.batch(world.lines(first, 0, ["late"]), world.result(first));
    expect(codesOf(late)).toEqual(["lease_lost", "lease_lost"]);
    await world.done(world.result(second));
    expect((await world.load(first.run.id)).state).toBe("succeeded");
  });

  it("gives a returning instance its leases back, by what it received", async () => {
    const world = getWorld();
    await world.define("app");
    const { session } = await world.done(world.hello("builder", ["app"]));
    await world.done(world.create("app", "a"));
    const grant = await world.grant("builder", "app");
    await world.done(world.lines(grant, 0, ["0", "1"]));
    await world.done(world.disconnect("builder", false));
    const lease = { token: grant.token, run: grant.run.id, step: grant.step };
    const answer = await world.done(world.hello("builder", ["app"], { leases: [lease] }));
    expect(answer.leases).toEqual([{ token: grant.token, state: "held", received: 2 }]);
    expect(answer.session.epoch).toBeGreaterThan(session.epoch);
  });

  it("cancels a running step at its instance, and ends the run with its result", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"]));
    await world.done(world.create("app", "a"));
    const grant = await world.grant("builder", "app");
    const cancel = { kind: "cancelRun", run: grant.run.id, reason: "user" } as const;
    expect(effectsOf(await world.batch(cancel), "cancel")).toHaveLength(1);
    await world.done(world.result(grant));
    expect((await world.load(grant.run.id)).state).toBe("cancelled");
    expect(codesOf(await world.batch(cancel))).toEqual(["run_finished"]);
  });

  it("runs again as a new run that names its parent", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"]));
    const { run: parent } = await world.done(world.create("app", "a"));
    const rerun = { kind: "rerunRun", run: parent?.id ?? "", runId: world.id() } as const;
    const { run } = await world.done(rerun);
    expect(run.parent).toBe(parent?.id);
    expect(run.position).toBeGreaterThan(parent?.position ?? Number.POSITIVE_INFINITY);
  });
}
