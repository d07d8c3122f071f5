import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { KIND } from "./harness/script.ts";
import { useWorld } from "./harness/world.ts";

describe("a driver that comes late", () => {
  const world = useWorld("late");

  it("P5: a run made while nobody listens waits for the first listener and is its", async () => {
    await world.startServer();
    const id = await world.create("app-1");
    const waiting = await world.run(id);
    expect(waiting).toMatchObject({ state: "pending", steps: [] });
    expect(waiting.why[0]).toMatchObject({ code: "no_listener" });
    await world.startDriver({ name: "first" });
    const run = await world.ended(id);
    expect(run.steps.map(({ id: step, driver, state }) => ({ step, driver, state }))).toEqual([
      { step: "first", driver: "first", state: "succeeded" },
    ]);
    await world.startDriver({ name: "second" });
    expect((await world.run(id)).steps.map(({ driver }) => driver)).toEqual(["first"]);
  });

  it("P5: a step run waits for a driver of its pipeline that has never connected", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder" });
    await world.client.pipelines.apply({
      name: "delivery",
      resource: KIND,
      steps: [
        { id: "build", driver: "builder" },
        { id: "publish", driver: "publisher" },
      ],
    });
    const id = await world.create("app-1", undefined, { pipeline: "delivery" });
    const waiting = await eventually(async () => {
      const run = await world.run(id);
      return run.steps[1]?.state === "queued" && run;
    });
    expect(waiting.why.map(({ code, message }) => ({ code, message }))).toEqual([
      {
        code: "driver_never_connected",
        message: expect.stringContaining("no driver named publisher has ever connected") as string,
      },
    ]);
    await world.startDriver({ name: "publisher" });
    const run = await world.ended(id);
    expect(run.state).toBe("succeeded");
    expect(run.steps.map(({ attempts }) => attempts.length)).toEqual([1, 1]);
  });

  it("P5: a step run waits for its driver that is down", async () => {
    await world.startServer();
    const deployed = await world.startDriver({ name: "builder" });
    deployed.signal("SIGTERM");
    await deployed.exit;
    const id = await world.create("app-1");
    const waiting = await world.run(id);
    expect(waiting.steps[0]?.state).toBe("queued");
    expect(waiting.why[0]?.code).toBe("driver_offline");
    await world.startDriver({ name: "builder" });
    expect((await world.ended(id)).state).toBe("succeeded");
  });
});
