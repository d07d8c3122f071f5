import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { useWorld } from "./harness/world.ts";

/** DESIGN, figures to reach. */
const AGAIN_WITHIN_MS = 500;

describe("an instance name", () => {
  const world = useWorld("same");
  const builder = { name: "builder", instance: "builder-1" };

  it("P2: the same instance with a new boot id gets its step run back at once", async () => {
    await world.startServer();
    const first = await world.startDriver(builder);
    const id = await world.create("app-1", { builder: [{ do: "gate", name: "finish" }] });
    await eventually(() => world.stage.entries("waiting", id).length === 1);
    await first.kill();
    world.stage.open("finish");
    await world.startDriver(builder);
    const run = await world.ended(id);
    const [lost, again] = run.steps[0]!.attempts;
    expect([lost?.outcome, again?.outcome]).toEqual(["lost", "succeeded"]);
    const { instances } = await world.client.drivers.get("builder");
    expect(instances).toHaveLength(1);
    const backAt = Date.parse(instances[0]!.connectedAt);
    expect(Date.parse(again!.startedAt) - backAt).toBeLessThan(AGAIN_WITHIN_MS);
  });

  it("P3: a second live process with an instance name is refused with instance_in_use", async () => {
    await world.startServer();
    const first = await world.startDriver(builder);
    const second = await world.launchDriver(builder);
    const { code } = await second.exit;
    expect(code).not.toBe(0);
    expect(second.lines.join("\n")).toMatch(/another live process .*builder-1/);
    expect(second.lines.join("\n")).toContain("instance_in_use");
    expect(first.isRunning).toBe(true);
    const run = await world.ended(await world.create("app-1"));
    expect(run.state).toBe("succeeded");
    expect(world.stage.entries("start", run.id).map(({ pid }) => pid)).toEqual([first.pid]);
  });
});
