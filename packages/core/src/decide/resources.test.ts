import { describe, expect, it } from "vitest";
import { KIND, World } from "../testing/world.ts";

function contentOf(world: World, spec: string, metadata: Record<string, string> = {}) {
  const command = world.updateCommand("app-1");
  return { ...command, content: { ...command.content, spec, metadata } };
}

describe("a resource's versions (P7)", () => {
  it("grow by one with every change, and the old ones stay as they were", () => {
    const world = new World();
    world.create("app-1");
    const first = world.records.all("version")[0];
    world.update("app-1");
    const versions = world.records.all("version");
    expect(versions.map(({ version }) => version)).toEqual([1, 2]);
    expect(versions[0]).toBe(first);
    expect(world.resource("app-1")?.version).toBe(2);
  });

  it("do not grow with a PUT that changes nothing, which makes no run either", () => {
    const world = new World();
    world.create("app-1");
    world.must(contentOf(world, "same", { team: "a" }));
    const before = world.records.snapshot();
    const answer = world.must(contentOf(world, "same", { team: "a" }));
    expect(answer).toMatchObject({ changed: false, run: null, version: { version: 2 } });
    expect(world.records.snapshot()).toEqual(before);
    expect(world.must(contentOf(world, "same", { team: "b" })).changed).toBe(true);
  });

  it("are held against If-Match", () => {
    const world = new World();
    world.create("app-1");
    const command = world.updateCommand("app-1");
    expect(world.refusal({ ...command, ifVersion: 2 }).code).toBe("version_conflict");
    expect(world.must({ ...command, ifVersion: 1 }).version.version).toBe(2);
  });

  it("are not made by a spec that does not match, which is refused with its path (P9)", () => {
    const world = new World();
    world.create("app-1");
    const refusal = world.refusal(contentOf(world, "bad"));
    expect(refusal).toMatchObject({
      code: "invalid_spec",
      issues: [{ path: "/spec", rule: "type" }],
    });
    expect(world.resource("app-1")?.version).toBe(1);
  });

  it("need a definition, and a pipeline that is there and of their kind", () => {
    const world = new World();
    const command = world.createCommand("app-1");
    const other = { ...command, content: { ...command.content, kind: "job" } };
    expect(world.refusal(other).code).toBe("definition_not_found");
    expect(world.refusal(world.createCommand("app-1", "none")).code).toBe("pipeline_not_found");
    world.must({
      kind: "createDefinition",
      id: "def-2",
      mode: "apply",
      content: { name: "job", description: null, version: null, schema: true },
    });
    world.pipeline("p", [{ id: "build" }]);
    const wrong = { ...other, content: { ...other.content, pipeline: "p" } };
    expect(world.refusal(wrong).issues?.[0]).toMatchObject({ path: "/pipeline", rule: "kind" });
  });

  it("make no run where the pipeline does not name the event; the newest run stays what it was", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build" }], ["update"]);
    world.pipeline("none", [{ id: "build" }], ["delete"]);
    expect(world.create("app-1", "p")).toBe("none");
    expect(world.resource("app-1")?.run).toBeNull();
    const run = world.update("app-1", "p");
    expect(world.resource("app-1")?.run).toBe(run);
    expect(world.update("app-1", "none")).toBe("none");
    expect(world.resource("app-1")?.run).toBe(run);
    expect(world.records.all("version").map((version) => version.run)).toEqual([null, run, null]);
  });

  it("name the run that they made, as the resource does", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const run = world.create("app-1");
    expect(world.resource("app-1")?.run).toBe(run);
    expect(world.records.all("version")).toMatchObject([{ version: 1, run, actor: "tester" }]);
  });

  it("are made by a PUT that changes nothing but the pipeline", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build" }]);
    world.create("app-1");
    const command = contentOf(world, "same");
    world.must(command);
    const piped = { ...command, runId: "other", content: { ...command.content, pipeline: "p" } };
    expect(world.must(piped)).toMatchObject({ changed: true, version: { pipeline: "p" } });
  });
});

describe("deleting a resource", () => {
  it("takes it away at once where nobody asked for the event, and cancels its runs", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const runs = [world.create("app-1"), world.update("app-1")];
    expect(world.remove("app-1")).toBeNull();
    expect(runs.map((run) => world.run(run).state)).toEqual(["cancelled", "cancelled"]);
    expect(world.resource("app-1")).toBeUndefined();
    expect(world.refusal(world.removeCommand("app-1")).code).toBe("resource_not_found");
  });

  it("takes one away that never had a run", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build" }], ["update"]);
    world.create("app-1", "p");
    expect(world.remove("app-1")).toBeNull();
    expect(world.records.all("resource")).toEqual([]);
  });

  it("keeps it, marked deleting, until its delete run succeeds", () => {
    const world = new World();
    world.connect({ driver: "builder", events: ["create", "delete"] });
    const create = world.create("app-1");
    world.claim();
    const deletion = world.remove("app-1") ?? "";
    expect(world.resource("app-1")).toMatchObject({ phase: "deleting", run: deletion });
    expect(world.run(create).state).toBe("cancelling");
    expect(world.states(deletion)).toEqual(["waiting"]);
    const refusal = world.refusal(world.updateCommand("app-1"));
    expect(refusal.code).toBe("resource_deleting");
    expect(refusal.hint).toContain("?force=true");
    expect(world.refusal(world.createCommand("app-1")).code).toBe("resource_exists");
    expect(world.remove("app-1")).toBe(deletion);
    world.finish(create, "builder");
    world.claim();
    expect(world.remove("app-1")).toBe(deletion);
    world.finish(deletion, "builder");
    expect(world.run(deletion).state).toBe("succeeded");
    expect(world.resource("app-1")).toBeUndefined();
  });

  it("is tried again after it failed or was cancelled, or forced", () => {
    const world = new World();
    world.connect({ driver: "builder", events: ["create", "delete"] });
    world.create("app-1");
    const first = world.remove("app-1") ?? "";
    world.claim();
    world.finish(first, "builder", false);
    expect(world.resource("app-1")).toMatchObject({ phase: "deleting", run: first });
    const refusal = world.refusal(world.updateCommand("app-1"));
    expect([refusal.code, refusal.message]).toEqual([
      "resource_deleting",
      `app app-1 could not be deleted: its run ${first} failed`,
    ]);
    expect(refusal.hint).toContain("?force=true");
    const second = world.remove("app-1") ?? "";
    expect(second).not.toBe(first);
    world.claim();
    world.cancel(second);
    const third = world.remove("app-1") ?? "";
    expect(third).not.toBe(second);
    world.cancel(third);
    expect(world.refusal(world.updateCommand("app-1")).message).toBe(
      `app app-1 could not be deleted: its run ${third} was cancelled`,
    );
    const fourth = world.remove("app-1") ?? "";
    expect(world.remove("app-1", true)).toBeNull();
    expect(world.run(fourth).state).toBe("cancelled");
    world.finish(second, "builder");
    expect(world.resource("app-1")).toBeUndefined();
  });

  it("leaves nothing of it behind once the runs that it cancelled have ended", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const run = world.create("app-1");
    world.claim();
    world.remove("app-1");
    expect(world.resource("app-1")?.phase).toBe("deleted");
    world.finish(run, "builder");
    expect(world.records.all("resource")).toEqual([]);
  });

  it("frees the name while its cancelled runs still end; the new one waits for them", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const old = world.create("app-1");
    const { id } = world.resource("app-1")!;
    world.claim();
    world.remove("app-1");
    expect(world.resource("app-1")?.phase).toBe("deleted");
    expect(world.refusal(world.updateCommand("app-1")).code).toBe("resource_not_found");
    expect(world.refusal({ kind: "rerunRun", run: old, runId: "r" }).code).toBe("resource_gone");
    const fresh = world.create("app-1");
    expect(world.resource("app-1")).toMatchObject({ version: 1, phase: "active" });
    expect(world.resource("app-1")?.id).not.toBe(id);
    expect(world.claim()).toBe(0);
    world.finish(old, "builder");
    expect(world.claim()).toBe(1);
    expect(world.states(fresh)).toEqual(["running"]);
    expect(world.refusal({ kind: "rerunRun", run: old, runId: "r" }).code).toBe("resource_gone");
  });

  it("goes through its pipeline where that names the event", () => {
    const world = new World();
    world.pipeline("p", [{ id: "clean" }], ["create", "delete"]);
    world.create("app-1", "p");
    const deletion = world.remove("app-1") ?? "";
    world.connect({ driver: "clean", events: ["delete"] });
    world.claim();
    world.finish(deletion, "clean");
    expect(world.resource("app-1")).toBeUndefined();
  });

  it("is refused, and leaves everything, unless it is at the version that was expected", () => {
    const world = new World();
    const run = world.create("app-1");
    const command = { ...world.removeCommand("app-1"), ifVersion: 2 };
    expect(world.refusal(command).code).toBe("version_conflict");
    expect(world.resource("app-1")?.phase).not.toBe("deleted");
    expect(world.run(run).state).toBe("pending");
    world.must({ ...command, ifVersion: 1 });
    expect(world.resource("app-1")).toBeUndefined();
  });

  it("leaves runs as they are that ended in the same batch", () => {
    const world = new World();
    const run = world.create("app-1");
    world.batch({ kind: "cancelRun", run, reason: "user" }, world.removeCommand("app-1"));
    const states = world.last?.changes.filter((change) => change.run === run);
    expect(states?.map(({ what }) => what)).toEqual(["cancelling", "cancelled"]);
  });

  it("cancels also the runs that the same batch made", () => {
    const world = new World();
    const create = world.createCommand("app-1");
    world.batch(create, world.removeCommand("app-1"));
    expect(world.run(create.runId).state).toBe("cancelled");
  });
});

describe("a definition", () => {
  const content = { name: KIND, description: null, version: null, schema: true } as const;
  const asked = { kind: "createDefinition", id: "x", content } as const;

  it("is created once, applied any number of times, replaced only if it is there", () => {
    const world = new World();
    expect(world.refusal({ ...asked, mode: "create" }).code).toBe("definition_exists");
    expect(world.must({ ...asked, mode: "apply" }).outcome).toBe("unchanged");
    const changed = { ...content, schema: { type: "object" } };
    expect(world.must({ ...asked, mode: "apply", content: changed })).toMatchObject({
      outcome: "changed",
      definition: { id: "def-1" },
    });
    const missing = { ...asked, content: { ...content, name: "job" } };
    expect(world.must({ ...missing, mode: "create" })).toEqual({
      outcome: "created",
      definition: {
        ...missing.content,
        ...{ id: "x", createdAt: world.records.now, updatedAt: world.records.now },
      },
    });
    world.must({ kind: "deleteDefinition", name: "job" });
    expect(world.refusal({ ...missing, mode: "replace" }).code).toBe("definition_not_found");
  });

  it("changes with its description, its version or its schema", () => {
    const world = new World();
    for (const change of [{ description: "apps" }, { version: "2" }, { schema: false }]) {
      const changed = { ...content, ...change };
      expect(world.must({ ...asked, mode: "apply", content: changed }).outcome).toBe("changed");
      expect(world.must({ ...asked, mode: "apply", content }).outcome).toBe("changed");
    }
  });

  it("is not deleted while a resource or a pipeline uses it, also one of the same batch", () => {
    const world = new World();
    const remove = { kind: "deleteDefinition", name: KIND } as const;
    const outcomes = world.batch(world.createCommand("app-1"), remove);
    expect(outcomes[1]).toMatchObject({ refusal: { code: "definition_in_use" } });
    world.remove("app-1");
    world.pipeline("p", [{ id: "build" }]);
    expect(world.refusal(remove).code).toBe("definition_in_use");
    world.must({ kind: "deletePipeline", name: "p" });
    world.must(remove);
    expect(world.refusal(remove).code).toBe("definition_not_found");
  });
});
