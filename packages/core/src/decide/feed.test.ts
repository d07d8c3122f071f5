/** What each command adds to the feed of changes, in its order. */
import { describe, expect, it } from "vitest";
import { KIND, World } from "../testing/world.ts";

/** The entries that the last batch made: noun, kind, name, what happened, and the run in brackets. */
function told(world: World): readonly string[] {
  return (world.last?.changes ?? []).map(({ noun, kind, name, what, run }) => {
    const subject = kind === null ? name : `${kind}/${name}`;
    return `${noun} ${subject} ${what}${run === null ? "" : ` (${run})`}`;
  });
}

describe("the feed", () => {
  it("says of each entry when it was, and who asked for it", () => {
    const world = new World();
    world.must({ kind: "broadcast", message: "tea is ready" });
    const entry = { noun: "message", name: "broadcast", kind: null, run: null };
    expect(world.last?.changes).toEqual([
      { ...entry, ns: "default", at: world.records.now, what: "tea is ready", actor: "tester" },
    ]);
  });

  it("tells of definitions: created, changed, deleted, and nothing of one that stays as it is", () => {
    const world = new World();
    const content = { name: "job", description: null, version: null, schema: true };
    const apply = { kind: "createDefinition", id: "def-2", mode: "apply" } as const;
    world.must({ ...apply, content });
    expect(told(world)).toEqual(["definition job created"]);
    world.must({ ...apply, content });
    expect(told(world)).toEqual([]);
    world.must({ ...apply, content: { ...content, schema: { type: "object" } } });
    expect(told(world)).toEqual(["definition job changed"]);
    world.must({ kind: "deleteDefinition", name: "job" });
    expect(told(world)).toEqual(["definition job deleted"]);
  });

  it("tells of pipelines: created, changed, deleted, and nothing of one that stays as it is", () => {
    const world = new World();
    world.pipeline("p", [{ id: "a" }]);
    expect(told(world)).toEqual(["pipeline p created"]);
    world.pipeline("p", [{ id: "a" }]);
    expect(told(world)).toEqual([]);
    world.pipeline("p", [{ id: "b" }]);
    expect(told(world)).toEqual(["pipeline p changed"]);
    world.must({ kind: "deletePipeline", name: "p" });
    expect(told(world)).toEqual(["pipeline p deleted"]);
  });

  it("tells of a resource with the run that its change made", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const first = world.create("app-1");
    expect(told(world)).toEqual([
      `run ${KIND}/app-1 pending (${first})`,
      `resource ${KIND}/app-1 created (${first})`,
    ]);
    const second = world.update("app-1");
    expect(told(world)).toEqual([
      `run ${KIND}/app-1 pending (${second})`,
      `resource ${KIND}/app-1 updated (${second})`,
    ]);
  });

  it("tells of a resource without a run where its pipeline does not name the event", () => {
    const world = new World();
    world.pipeline("p", [{ id: "a" }], ["delete"]);
    world.create("app-1", "p");
    expect(told(world)).toEqual([`resource ${KIND}/app-1 created`]);
    world.update("app-1", "p");
    expect(told(world)).toEqual([`resource ${KIND}/app-1 updated`]);
  });

  it("tells of a run when it starts and when it ends", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const run = world.create("app-1");
    world.claim();
    expect(told(world)).toEqual([`run ${KIND}/app-1 running (${run})`]);
    world.finish(run, "builder", false);
    expect(told(world)).toEqual([`run ${KIND}/app-1 failed (${run})`]);
  });

  it("tells of a cancelled run that it is cancelling, once, and then how it ended", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const run = world.create("app-1");
    world.claim();
    world.cancel(run);
    expect(told(world)).toEqual([`run ${KIND}/app-1 cancelling (${run})`]);
    world.cancel(run);
    expect(told(world)).toEqual([]);
    world.finish(run, "builder");
    expect(told(world)).toEqual([`run ${KIND}/app-1 cancelled (${run})`]);
  });

  it("tells that a run was run again, by the new run's id", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const again = world.rerun(world.create("app-1")).id;
    expect(told(world)).toEqual([
      `run ${KIND}/app-1 pending (${again})`,
      `run ${KIND}/app-1 rerun (${again})`,
    ]);
  });

  it("tells of a deletion that it is under way, and when it is done", () => {
    const world = new World();
    world.connect({ driver: "builder", events: ["delete"] });
    world.create("app-1");
    const deletion = world.remove("app-1") ?? "";
    expect(told(world).slice(-2)).toEqual([
      `run ${KIND}/app-1 pending (${deletion})`,
      `resource ${KIND}/app-1 deleting (${deletion})`,
    ]);
    world.claim();
    world.finish(deletion, "builder");
    expect(told(world)).toEqual([
      `run ${KIND}/app-1 succeeded (${deletion})`,
      `resource ${KIND}/app-1 deleted (${deletion})`,
    ]);
  });

  it("tells of a deletion that needs no run that it is done", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    world.create("app-1");
    world.remove("app-1");
    expect(told(world).at(-1)).toBe(`resource ${KIND}/app-1 deleted`);
  });

  it("tells of a driver when it connects for the first time, and when it is forgotten", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    expect(told(world)).toEqual(["driver builder connected"]);
    world.disconnect("builder/one", true);
    expect(told(world)).toEqual([]);
    world.connect({ driver: "builder" });
    expect(told(world)).toEqual([]);
    world.disconnect("builder/one", true);
    world.must({ kind: "forgetDriver", name: "builder" });
    expect(told(world)).toEqual(["driver builder forgotten"]);
  });

  it("tells of a run that nobody listened to when it is made and when it is adopted", () => {
    const world = new World();
    const run = world.create("app-1");
    expect(told(world)[0]).toBe(`run ${KIND}/app-1 pending (${run})`);
    world.connect({ driver: "builder" });
    expect(told(world)).toEqual([`run ${KIND}/app-1 pending (${run})`, "driver builder connected"]);
  });

  it("says of each run that it names how that run is now, to those who watch it", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build", driver: "builder" }]);
    const orphan = world.create("app-1");
    world.update("app-1", "p");
    world.connect({ driver: "builder" });
    expect(world.effects("runChanged")).toEqual([{ kind: "runChanged", run: world.run(orphan) }]);
  });
});
