import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { KIND } from "./harness/script.ts";
import { useWorld } from "./harness/world.ts";

describe("running again", () => {
  const world = useWorld("rerun");
  const build = { id: "build", driver: "builder" };
  const publish = { id: "publish", driver: "builder" };

  const startsOf = (id: string) => world.stage.entries("start", id).map(({ step }) => step);

  it("carries the whole run out anew, and leaves the failed one as it was", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder" });
    const steps = [build, publish];
    await world.client.pipelines.apply({ name: "ci", resource: KIND, steps });
    const script = { publish: [{ do: "fail", message: "no network", unless: "network" }] } as const;
    const id = await world.create("app-1", script, { pipeline: "ci" });
    const failed = await world.ended(id);
    expect(failed).toMatchObject({ state: "failed", steps: [{}, { message: "no network" }] });

    world.stage.open("network");
    const again = await world.client.runs.rerun(id);
    expect(again).toMatchObject({ parent: id });
    const run = await world.ended(again.runid);
    expect(run).toMatchObject({ state: "succeeded", parent: id, event: "create" });
    // From the first step on, with results of its own.
    expect(startsOf(run.id)).toEqual(["build", "publish"]);
    expect(await world.run(id)).toEqual(failed);
    const resource = await world.client.resources.get({ kind: KIND, name: "app-1" });
    expect(resource.status).toMatchObject({ phase: "succeeded", run: run.id });

    const third = await world.client.runs.rerun(run.id);
    expect((await world.ended(third.runid)).parent).toBe(run.id);
  });

  it("carries out what was cancelled, too", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder" });
    const id = await world.create("app-1", { builder: [{ do: "gate", name: "finish" }] });
    await eventually(() => world.stage.entries("waiting", id).length === 1);
    await world.client.runs.cancel(id);
    expect((await world.ended(id)).state).toBe("cancelled");
    world.stage.open("finish");
    const { runid } = await world.client.runs.rerun(id);
    expect((await world.ended(runid)).state).toBe("succeeded");
  });

  it("P4: joins behind the runs that are there", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder" });
    const first = await world.create("app-1");
    await world.ended(first);
    const at = { kind: KIND, name: "app-1" };
    const spec = { script: { builder: [{ do: "gate", name: "finish" }] } };
    const { runId } = await world.client.resources.update(at, { spec });
    await eventually(() => world.stage.entries("waiting", runId!).length === 1);
    const { runid } = await world.client.runs.rerun(first);
    const [why] = (await world.run(runid)).why;
    expect(why?.message).toMatch(/waiting for 1 earlier run of app-1/);
    expect(startsOf(runid)).toEqual([]);
    world.stage.open("finish");
    const rerun = await world.ended(runid);
    expect(rerun).toMatchObject({ state: "succeeded", resource: { version: "1" } });
    const [entry] = world.stage.entries("start", runid);
    expect(entry!.at).toBeGreaterThan(world.stage.entries("end", runId!)[0]!.at);
    expect(entry!.version).toBe("1");
  });

  it("P7: a pipeline that changes meanwhile leaves runs and reruns on their revision", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder" });
    const apply = (steps: (typeof build)[]) =>
      world.client.pipelines.apply({ name: "ci", resource: KIND, steps });
    await apply([build, publish]);
    const script = { build: [{ do: "gate", name: "finish" }] } as const;
    const id = await world.create("app-1", script, { pipeline: "ci" });
    await eventually(() => world.stage.entries("waiting", id).length === 1);
    const at = { kind: KIND, name: "app-1" };
    const spec = { script, n: 2 };
    const next = await world.client.resources.update(at, { pipeline: "ci", spec });

    const { pipeline, outcome } = await apply([{ ...build, id: "compile" }]);
    expect({ revision: pipeline.revision, outcome }).toEqual({ revision: 2, outcome: "changed" });
    expect((await apply([{ ...build, id: "compile" }])).outcome).toBe("unchanged");
    world.stage.open("finish");
    for (const run of [id, next.runId!]) {
      expect((await world.ended(run)).pipeline).toEqual({ name: "ci", revision: 1 });
      expect(startsOf(run)).toEqual(["build", "publish"]);
    }

    const newer = await world.create("app-2", {}, { pipeline: "ci" });
    expect((await world.ended(newer)).pipeline).toEqual({ name: "ci", revision: 2 });
    expect(startsOf(newer)).toEqual(["compile"]);
    const { runid } = await world.client.runs.rerun(id);
    expect((await world.ended(runid)).pipeline).toEqual({ name: "ci", revision: 1 });
    expect(startsOf(runid)).toEqual(["build", "publish"]);
  });
});
