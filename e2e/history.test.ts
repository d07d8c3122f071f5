import { describe, expect, it } from "vitest";
import { KIND } from "./harness/script.ts";
import { useWorld } from "./harness/world.ts";

describe("what has happened", () => {
  const world = useWorld("history");
  const at = { kind: KIND, name: "app-1" };

  it("P7: does not change, and running again makes a new run that names its parent", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder" });
    await world.startDriver({ name: "publisher" });
    const name = "delivery";
    const step = { id: "build", driver: "builder" };
    await world.client.pipelines.apply({ name, resource: KIND, steps: [step] });
    const body = { ...at, resource: KIND, pipeline: name, metadata: { team: "web" } };
    const { kind: _, ...create } = { ...body, spec: { image: "one" } };
    const { runid } = await world.client.resources.create(create);
    const first = await world.ended(runid!);
    const version = await world.client.resources.version({ ...at, version: "1" });
    expect(version).toMatchObject({
      spec: { image: "one" },
      metadata: { team: "web", version: "1" },
    });

    // Everything moves on: the pipeline, the resource, its metadata.
    const steps = [step, { id: "publish", driver: "publisher" }];
    const { pipeline } = await world.client.pipelines.apply({ name, resource: KIND, steps });
    expect(pipeline.revision).toBe(2);
    const { runId } = await world.client.resources.update(at, {
      pipeline: name,
      metadata: { team: "mobile" },
      spec: { image: "two" },
    });
    const second = await world.ended(runId!);
    expect(second.steps.map(({ id }) => id)).toEqual(["build", "publish"]);

    const again = await world.client.runs.rerun(first.id);
    expect(again).toMatchObject({ parent: first.id });
    const rerun = await world.ended(again.runid);
    expect(rerun.id).not.toBe(first.id);
    expect(rerun).toMatchObject({
      parent: first.id,
      event: "create",
      resource: { ...at, version: "1" },
      pipeline: { name, revision: 1 },
    });
    expect(rerun.steps.map(({ id }) => id)).toEqual(["build"]);

    expect(await world.run(first.id)).toEqual(first);
    expect(await world.run(second.id)).toEqual(second);
    const same = await world.client.resources.version({ ...at, version: "1" });
    expect(same.spec).toEqual(version.spec);
    expect({ team: same.metadata["team"], version: same.metadata["version"] }).toEqual({
      team: "web",
      version: "1",
    });
    const newest = await world.client.resources.get(at);
    expect(newest).toMatchObject({
      spec: { image: "two" },
      metadata: { team: "mobile", version: "2" },
      status: { run: rerun.id, phase: "succeeded" },
    });
  });

  it("P7: outlives the server", async () => {
    const server = await world.startServer();
    await world.startDriver({ name: "builder" });
    const id = await world.create("app-1", { builder: [{ do: "log", count: 3 }] });
    const run = await world.ended(id);
    const lines = await world.lines(id);
    const version = await world.client.resources.version({ ...at, version: "1" });
    await server.kill();
    await server.start();
    expect(await world.run(id)).toEqual(run);
    expect(await world.lines(id)).toEqual(lines);
    expect(await world.client.resources.version({ ...at, version: "1" })).toEqual(version);
  });
});
