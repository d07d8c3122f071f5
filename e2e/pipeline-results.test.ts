import { describe, expect, it } from "vitest";
import { KIND } from "./harness/script.ts";
import { useWorld } from "./harness/world.ts";

describe("one driver that serves several steps of a pipeline", () => {
  const world = useWorld("pipeline");

  it("gets them one after the other, each with the results of the steps before", async () => {
    await world.startServer();
    await world.startDriver({ name: "shop" });
    await world.startDriver({ name: "other" });
    await world.client.pipelines.apply({
      name: "delivery",
      resource: KIND,
      steps: [
        { id: "build", driver: "shop" },
        { id: "check", driver: "other" },
        { id: "publish", driver: "shop" },
      ],
    });
    const script = { build: [{ do: "log", count: 2 }] } as const;
    const id = await world.create("app-1", script, { pipeline: "delivery" });
    const run = await world.ended(id);
    expect(run.state).toBe("succeeded");
    const starts = world.stage.entries("start", id);
    const got = starts.map(({ step, detail = "{}" }) => [step, JSON.parse(detail) as object]);
    const resultOf = (step: string, lines: number) => ({
      success: true,
      message: `${step} done`,
      data: expect.objectContaining({ step, lines, attempt: 1 }) as object,
    });
    const build = resultOf("build", 2);
    const check = resultOf("check", 0);
    expect(got).toEqual([
      ["build", {}],
      ["check", { build }],
      ["publish", { build, check }],
    ]);
    const resource = await world.client.resources.get({ kind: KIND, name: "app-1" });
    expect(Object.keys(resource.status.results)).toEqual(["build", "check", "publish"]);
    expect(resource.status).toMatchObject({ phase: "succeeded", run: id });
    const told = JSON.parse(resource.metadata["driverresults.shop"] ?? "null") as object;
    expect(told).toMatchObject({ success: true, message: "publish done" });
    expect(resource.metadata["driverresults.other"]).toContain("check done");
  });

  it("skips what comes behind a step that fails, and says which one did", async () => {
    await world.startServer();
    await world.startDriver({ name: "shop" });
    await world.client.pipelines.apply({
      name: "delivery",
      resource: KIND,
      steps: [
        { id: "build", driver: "shop" },
        { id: "check", driver: "shop" },
        { id: "publish", driver: "shop" },
      ],
    });
    const script = { check: [{ do: "fail", message: "2 of 9 checks failed" }] } as const;
    const id = await world.create("app-1", script, { pipeline: "delivery" });
    const run = await world.ended(id);
    expect(run.state).toBe("failed");
    expect(run.steps.map(({ state, code, message }) => ({ state, code, message }))).toEqual([
      { state: "succeeded", code: undefined, message: "build done" },
      { state: "failed", code: "driver_failed", message: "2 of 9 checks failed" },
      { state: "skipped", code: "needs_not_met", message: "step check failed" },
    ]);
    expect(world.stage.entries("start", id).map(({ step }) => step)).toEqual(["build", "check"]);
  });
});
