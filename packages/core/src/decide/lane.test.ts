import { describe, expect, it } from "vitest";
import { World } from "../testing/world.ts";

/** Two drivers that listen, and a pipeline of a third. */
function newWorld(): World {
  const world = new World();
  world.pipeline("p", [{ id: "build" }]);
  for (const driver of ["a", "b"]) world.connect({ driver });
  return world;
}

/** A world in which nobody listens yet, and a pipeline of a driver that is to come. */
function lonelyWorld(): World {
  const world = new World();
  world.pipeline("p", [{ id: "build", driver: "builder" }]);
  return world;
}

function granted(world: World): readonly string[] {
  return world.effects("granted").map(({ grant }) => `${grant.run.id} ${grant.step}`);
}

describe("the runs of one resource (P4)", () => {
  it("without a pipeline: a driver goes on to the next while another is still at the one before", () => {
    const world = newWorld();
    const [first, second] = [world.create("app-1"), world.update("app-1")];
    world.claim();
    world.finish(first, "a");
    expect(world.states(second)).toEqual(["queued", "waiting"]);
    world.claim();
    world.finish(second, "a");
    const third = world.update("app-1");
    expect(world.states(third)).toEqual(["queued", "waiting"]);
  });

  it("through a pipeline: wait for every driver of the run before", () => {
    const world = newWorld();
    const [first, second] = [world.create("app-1"), world.update("app-1", "p")];
    world.claim();
    world.finish(first, "a");
    expect(world.states(second)).toEqual(["waiting"]);
    world.finish(first, "b");
    expect(world.states(second)).toEqual(["queued"]);
  });

  it("wait for a run that was cancelled while its handler is still stopping", () => {
    const world = newWorld();
    const [first, second] = [world.create("app-1"), world.update("app-1", "p")];
    world.claim();
    world.cancel(first);
    world.finish(first, "a");
    expect(world.states(second)).toEqual(["waiting"]);
    world.finish(first, "b");
    expect(world.states(second)).toEqual(["queued"]);
  });

  it("keep their place when the one between them is cancelled, and wait for each ahead once", () => {
    const world = newWorld();
    const first = world.create("app-1", "p");
    const between = world.update("app-1");
    world.cancel(between);
    const last = world.update("app-1", "p");
    expect(world.run(last).ticket?.waitsFor).toEqual([{ run: first, step: null }]);
    expect(world.states(last)).toEqual(["waiting"]);
    world.connect({ driver: "build" });
    world.claim();
    world.finish(first, "build");
    expect(world.states(last)).toEqual(["queued"]);
  });

  it("go on, each to the next, when several that wait are cancelled", () => {
    const world = newWorld();
    const runs = [world.create("app-1", "p"), world.update("app-1"), world.update("app-1")];
    const last = world.update("app-1");
    for (const run of runs.slice(1)) world.cancel(run);
    expect(world.states(last)).toEqual(["waiting", "waiting"]);
    world.cancel(runs[0] ?? "");
    expect(world.states(last)).toEqual(["queued", "queued"]);
  });
});

describe("a pipeline's run behind runs that nobody listened to (P4)", () => {
  it("waits for each until it has ended, and those wait for the pipeline's run before them", () => {
    const world = lonelyWorld();
    const runs = [world.create("app-1"), world.update("app-1", "p")];
    runs.push(world.update("app-1"), world.update("app-1", "p"));
    world.connect({ driver: "builder" });
    for (const run of runs) {
      world.claim();
      expect(granted(world)).toHaveLength(1);
      world.finish(run, world.run(run).steps[0]?.id ?? "");
    }
    expect(runs.map((run) => world.run(run).state)).toEqual(Array(4).fill("succeeded"));
  });

  it("does not wait for one that the same batch cancelled", () => {
    const world = lonelyWorld();
    const orphan = world.create("app-1");
    const update = world.updateCommand("app-1", "p");
    world.batch({ kind: "cancelRun", run: orphan, reason: "user" }, update);
    expect(world.states(update.runId)).toEqual(["queued"]);
    expect(world.run(orphan).ticket).toBeNull();
  });

  it("waits for the step run of one that has been adopted, and for nothing else of it", () => {
    const world = lonelyWorld();
    const orphan = world.create("app-1");
    world.connect({ driver: "builder" });
    const piped = world.update("app-1", "p");
    expect(world.run(piped).ticket?.waitsFor).toEqual([{ run: orphan, step: "builder" }]);
    expect(world.run(orphan).ticket).toBeNull();
  });

  it("waits on when the run before that one has ended and still nobody listens to it", () => {
    const world = lonelyWorld();
    const parent = world.create("app-1");
    world.cancel(parent);
    const first = world.update("app-1", "p");
    const orphan = world.rerun(parent).id;
    const second = world.update("app-1", "p");
    world.connect({ driver: "builder", events: ["update"] });
    world.claim();
    world.finish(first, "build");
    expect(world.run(orphan).state).toBe("pending");
    expect(world.states(second)).toEqual(["waiting"]);
    world.connect({ driver: "other", events: ["create"] });
    world.claim();
    world.finish(orphan, "other");
    expect(world.states(second)).toEqual(["queued"]);
  });
});
