import { describe, expect, it } from "vitest";
import { World } from "../testing/world.ts";
import { FORGET_LIMIT } from "./due.ts";
import { ADOPT_LIMIT } from "./orphans.ts";

/** Answers everything that can be leased, and tells the runs in the order of their grants. */
function work(world: World): readonly string[] {
  const order: string[] = [];
  while (world.claim() > 0) {
    for (const { grant } of world.effects("granted")) {
      order.push(grant.run.id);
      world.must(world.resultCommand({ run: grant.run.id, step: grant.step, token: grant.token }));
    }
  }
  return order;
}

describe("a run made while nobody listens (P5)", () => {
  it("waits for the first listener to connect, and is its alone", () => {
    const world = new World();
    const run = world.create("app-1");
    expect(world.run(run)).toMatchObject({ state: "pending", steps: [] });
    world.connect({ driver: "first" });
    world.connect({ driver: "second" });
    expect(world.run(run).steps.map(({ driver }) => driver)).toEqual(["first"]);
    expect(work(world)).toEqual([run]);
    expect(world.run(run).state).toBe("succeeded");
  });

  it("is not adopted by who listens to another kind or event", () => {
    const world = new World();
    const run = world.create("app-1");
    world.connect({ driver: "other", kinds: ["job"] });
    world.connect({ driver: "updates", events: ["update"] });
    expect(world.run(run).steps).toEqual([]);
  });

  it("that is a delete is not made at all", () => {
    const world = new World();
    world.create("app-1");
    expect(world.remove("app-1")).toBeNull();
    expect(world.resource("app-1")).toBeUndefined();
  });

  it("is adopted over as many hellos as it takes, in the order of acceptance", () => {
    const world = new World();
    const runs = [world.create("app-1")];
    for (let n = 1; n < 2.5 * ADOPT_LIMIT; n += 1) {
      runs.push(n % 3 === 0 ? world.rerun(runs[0] ?? "").id : world.update("app-1"));
    }
    const hello = world.helloCommand({ driver: "builder", events: ["update", "create"] });
    expect(world.must(hello)).toMatchObject({ more: true });
    const late = world.update("app-1");
    expect(world.run(late).steps).toEqual([]);
    expect(world.must(hello)).toMatchObject({ more: true });
    expect(world.must(hello)).toMatchObject({ more: false });
    expect(work(world)).toEqual([...runs, late]);
  });

  it("is adopted by a hello in the batch that made it", () => {
    const world = new World();
    const create = world.createCommand("app-1");
    world.batch(create, world.helloCommand({ driver: "builder" }));
    expect(world.states(create.runId)).toEqual(["queued"]);
  });

  it("goes before a later pipeline run of its resource, which waits for it (P4)", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build", driver: "builder" }]);
    const orphans = [world.create("app-1"), world.update("app-1")];
    const piped = world.update("app-1", "p");
    expect(world.states(piped)).toEqual(["waiting"]);
    world.connect({ driver: "builder" });
    const after = world.update("app-1");
    expect(work(world)).toEqual([...orphans, piped, after]);
  });

  it("goes behind its adopter's own runs that were there before that pipeline run", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build", driver: "builder" }]);
    const orphan = world.create("app-1");
    world.connect({ driver: "a", events: ["update"] });
    const own = world.update("app-1");
    const piped = world.update("app-1", "p");
    world.claim();
    world.connect({ driver: "a" });
    world.connect({ driver: "builder", events: ["update"] });
    expect(world.states(orphan)).toEqual(["waiting"]);
    world.finish(own, "a");
    expect(world.states(piped)).toEqual(["waiting"]);
    expect(work(world)).toEqual([orphan, piped]);
  });

  it("goes before the runs behind a pipeline run that was cancelled", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build", driver: "builder" }]);
    const orphan = world.create("app-1");
    world.connect({ driver: "a", events: ["update"] });
    const piped = world.update("app-1", "p");
    const after = world.update("app-1");
    world.cancel(piped);
    expect(world.states(after)).toEqual(["waiting"]);
    world.connect({ driver: "a" });
    expect(world.states(orphan)).toEqual(["queued"]);
    expect(work(world)).toEqual([orphan, after]);
  });

  it("is not adopted by a hello in the batch that cancelled it", () => {
    const world = new World();
    const run = world.create("app-1");
    const hello = world.helloCommand({ driver: "builder" });
    world.batch({ kind: "cancelRun", run, reason: "user" }, hello);
    expect(world.run(run)).toMatchObject({ state: "cancelled", steps: [] });
  });

  it("is adopted as a step run that needs nothing and has no bound of its own", () => {
    const world = new World();
    const run = world.create("app-1");
    world.connect({ driver: "builder" });
    const step = { id: "builder", name: null, driver: "builder", needs: [], timeoutMs: null };
    expect(world.step(run, "builder")).toMatchObject(step);
  });

  it("lets the pipeline run behind it go when it is cancelled", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build", driver: "builder" }]);
    const orphan = world.create("app-1");
    const piped = world.update("app-1", "p");
    expect(world.cancel(orphan).state).toBe("cancelled");
    expect(world.states(piped)).toEqual(["queued"]);
  });
});

describe("step runs wait for their driver (P5)", () => {
  it("also for one that has never connected and that a pipeline names", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build", driver: "builder" }]);
    const run = world.create("app-1", "p");
    world.tick(3_600_000);
    expect(world.states(run)).toEqual(["queued"]);
    world.connect({ driver: "builder" });
    expect(work(world)).toEqual([run]);
  });

  it("for all that listened when the run was made, connected or not", () => {
    const world = new World();
    for (const driver of ["b", "a"]) world.connect({ driver });
    world.disconnect("a/one", true);
    const run = world.create("app-1");
    world.connect({ driver: "c" });
    expect(world.run(run).steps.map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it("until it is forgotten, which skips what is queued for it", () => {
    const world = new World();
    world.connect({ driver: "a" });
    world.connect({ driver: "b" });
    const runs = [world.create("app-1"), world.update("app-1"), world.update("app-1")];
    expect(world.refusal({ kind: "forgetDriver", name: "a" }).code).toBe("driver_connected");
    world.claim();
    world.disconnect("a/one");
    world.must({ kind: "forgetDriver", name: "a" });
    for (const run of runs) {
      expect(world.step(run, "a")).toMatchObject({ state: "skipped", code: "driver_forgotten" });
    }
    expect(world.refusal({ kind: "forgetDriver", name: "a" }).code).toBe("driver_not_found");
    const next = world.update("app-1");
    expect(world.run(next).steps.map(({ id }) => id)).toEqual(["b"]);
  });

  it("however many they are: a driver is forgotten in as many decisions as it takes", () => {
    const world = new World({ checked: false });
    world.connect({ driver: "a" });
    world.disconnect("a/one", true);
    const runs = [world.create("app-1")];
    for (let n = 0; n < 2 * FORGET_LIMIT; n += 1) runs.push(world.update("app-1"));
    const forget = { kind: "forgetDriver", name: "a" } as const;
    const skipped = (): number => world.effects("runChanged").length;
    expect(world.must(forget)).toEqual({ more: true });
    expect(skipped()).toBe(FORGET_LIMIT);
    expect(world.must(forget)).toEqual({ more: true });
    expect(skipped()).toBe(FORGET_LIMIT);
    expect(world.must(forget)).toEqual({ more: false });
    expect(runs.filter((run) => world.run(run).state !== "cancelled")).toEqual([]);
  });

  it("and what it listens to is what its newest hello says", () => {
    const world = new World();
    world.connect({ driver: "a", kinds: ["app", "job"] });
    world.connect({ driver: "a", kinds: ["job"], events: ["update"] });
    expect(world.records.all("listeners")).toEqual([
      { kind: "app", drivers: {} },
      { kind: "job", drivers: { a: ["update"] } },
    ]);
  });
});
