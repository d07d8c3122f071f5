import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KIND, pipelineStep, type Step, World } from "../testing/world.ts";
import { pipelineIssues } from "./pipelines.ts";

function issuesOf(steps: readonly Step[]) {
  const content = {
    ...{ name: "p", description: null, version: null, resource: KIND, metadata: {} },
    events: ["create" as const],
    steps: steps.map(pipelineStep),
  };
  return pipelineIssues(content).map(({ path, rule }) => `${path} ${rule}`);
}

describe("the steps of a pipeline", () => {
  it("run in the order listed", () => {
    const world = new World();
    world.pipeline("p", [{ id: "a" }, { id: "b" }]);
    for (const driver of ["a", "b"]) world.connect({ driver });
    const run = world.create("app-1", "p");
    expect(world.states(run)).toEqual(["queued", "waiting"]);
    world.claim();
    world.finish(run, "a");
    expect(world.states(run)).toEqual(["succeeded", "queued"]);
    world.claim();
    world.finish(run, "b");
    expect(world.run(run).state).toBe("succeeded");
  });

  it("are a graph where any has needs: each starts when what it needs has succeeded", () => {
    const world = new World();
    const test = { id: "test", needs: ["build", "lint"] };
    world.pipeline("p", [{ id: "build", needs: [] }, { id: "lint" }, test]);
    for (const driver of ["build", "lint", "test"]) world.connect({ driver });
    const run = world.create("app-1", "p");
    expect(world.states(run)).toEqual(["queued", "queued", "waiting"]);
    world.claim();
    world.finish(run, "lint");
    expect(world.states(run)).toEqual(["running", "succeeded", "waiting"]);
    world.finish(run, "build");
    expect(world.states(run)).toEqual(["succeeded", "succeeded", "queued"]);
  });

  it("of one driver are never active at once, though the graph would let them (P3)", () => {
    const world = new World();
    const steps = ["x", "y", "z"].map((id) => ({ id, driver: "builder", needs: [] }));
    world.pipeline("p", steps);
    world.connect({ driver: "builder" });
    const run = world.create("app-1", "p");
    for (const id of ["x", "y", "z"]) {
      expect(world.claim()).toBe(1);
      world.finish(run, id);
    }
    expect(world.run(run).state).toBe("succeeded");
  });

  it("are skipped when what they need has failed; others go on, and the run has failed", () => {
    const world = new World();
    world.pipeline("p", [
      { id: "build", needs: [] },
      { id: "lint" },
      { id: "test", needs: ["build"] },
      { id: "ship", needs: ["test"] },
    ]);
    for (const driver of ["build", "lint"]) world.connect({ driver });
    const run = world.create("app-1", "p");
    world.claim();
    world.finish(run, "build", false);
    expect(world.states(run)).toEqual(["failed", "running", "skipped", "skipped"]);
    expect(world.step(run, "ship")).toMatchObject({ code: "needs_not_met" });
    world.finish(run, "lint");
    expect(world.run(run).state).toBe("failed");
  });

  it("are skipped through the whole graph, in whatever order its steps are listed", () => {
    const world = new World();
    world.pipeline("p", [
      { id: "ship", needs: ["test"] },
      { id: "test", needs: ["build"] },
      { id: "build", needs: [] },
    ]);
    world.connect({ driver: "build" });
    const run = world.create("app-1", "p");
    world.claim();
    world.finish(run, "build", false);
    expect(world.states(run)).toEqual(["skipped", "skipped", "failed"]);
    expect(world.step(run, "test")).toMatchObject({ message: "step build failed", hasData: false });
    expect(world.run(run).state).toBe("failed");
  });

  it("of the next run of the resource wait until this one has ended (P4)", () => {
    const world = new World();
    world.pipeline("p", [{ id: "a" }, { id: "b" }]);
    for (const driver of ["a", "b"]) world.connect({ driver });
    const first = world.create("app-1", "p");
    const second = world.update("app-1", "p");
    const other = world.create("app-2", "p");
    world.claim();
    world.finish(first, "a");
    expect([first, second, other].map((run) => world.states(run)[0])).toEqual([
      "succeeded",
      "waiting",
      "running",
    ]);
    world.claim();
    world.finish(first, "b");
    expect(world.states(second)[0]).toBe("queued");
  });

  it("are refused with their paths: none, ids twice, unknown needs, bad timeouts", () => {
    expect(issuesOf([])).toEqual(["/steps minItems"]);
    expect(issuesOf([{ id: "a" }, { id: "a" }])).toEqual(["/steps/1/id unique"]);
    expect(issuesOf([{ id: "a", needs: ["b"] }])).toEqual(["/steps/0/needs/0 exists"]);
    expect(issuesOf([{ id: "a", timeout: "soon" }])).toEqual(["/steps/0/timeout duration"]);
  });

  it("are refused when they wait for each other", () => {
    expect(issuesOf([{ id: "a", needs: ["a"] }])).toEqual(["/steps/0/needs acyclic"]);
    const ring = [{ id: "x" }, { id: "a", needs: ["b"] }, { id: "b", needs: ["a"] }];
    expect(issuesOf(ring)).toEqual(["/steps/1/needs acyclic"]);
  });

  it("are accepted exactly when some order satisfies their needs", () => {
    const graph = fc.array(fc.array(fc.nat(5), { maxLength: 3 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(graph, (needs) => {
        const steps = needs.map((ids, i) => ({ id: `s${i}`, needs: ids.map((id) => `s${id}`) }));
        expect(issuesOf(steps).length === 0).toBe(needs.every((_, i) => isFree(needs, i, [])));
      }),
    );
  });
});

/** Whether no path of needs leads from a step back to one on it. */
function isFree(
  needs: readonly (readonly number[])[],
  at: number,
  path: readonly number[],
): boolean {
  if (path.includes(at)) return false;
  return (needs[at] ?? []).every((next) => isFree(needs, next, [...path, at]));
}

describe("a pipeline's revisions (P7)", () => {
  it("are made by changed content only, and never change", () => {
    const world = new World();
    world.pipeline("p", [{ id: "a" }]);
    const first = world.records.all("revision")[0];
    const createdAt = world.records.now;
    world.records.now += 1_000;
    expect(world.pipeline("p", [{ id: "a" }])).toMatchObject({ revision: 1, updatedAt: createdAt });
    const changed = { revision: 2, createdAt, updatedAt: world.records.now };
    expect(world.pipeline("p", [{ id: "b" }])).toMatchObject(changed);
    expect(world.records.all("revision")).toHaveLength(2);
    expect(world.records.all("revision")[0]).toBe(first);
  });

  it("are what a run was made on, whatever the pipeline has become", () => {
    const world = new World();
    world.pipeline("p", [{ id: "a" }]);
    const run = world.create("app-1", "p");
    world.pipeline("p", [{ id: "b" }]);
    expect(world.run(run)).toMatchObject({ pipeline: { revision: 1 }, steps: [{ id: "a" }] });
  });

  it("stay while resources or unfinished runs use the pipeline", () => {
    const world = new World();
    world.pipeline("p", [{ id: "a" }]);
    const remove = { kind: "deletePipeline", name: "p" } as const;
    const run = world.create("app-1", "p");
    expect(world.refusal(remove).code).toBe("pipeline_in_use");
    world.update("app-1");
    expect(world.refusal(remove).code).toBe("pipeline_in_use");
    world.cancel(run);
    world.must(remove);
    expect(world.refusal(remove).code).toBe("pipeline_not_found");
    expect(world.rerun(run).pipeline?.revision).toBe(1);
  });

  it("begin at 1 again, under another id, when the name was free", () => {
    const world = new World();
    const { id } = world.pipeline("p", [{ id: "a" }]);
    world.must({ kind: "deletePipeline", name: "p" });
    const next = world.pipeline("p", [{ id: "a" }]);
    expect(next.revision).toBe(1);
    expect(next.id).not.toBe(id);
  });
});
