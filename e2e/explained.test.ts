import { join } from "node:path";
import type { WireWhy } from "@conveyor-ci/contract";
import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { ROOT } from "./harness/root.ts";
import { KIND, type Script } from "./harness/script.ts";
import { useWorld } from "./harness/world.ts";

const COMMAND = join(ROOT, "packages/cli/dist/main.js");
const HELD: Script = { "*": [{ do: "gate", name: "held", deaf: true }] };

describe("P11: a run that is not moving says why", () => {
  const world = useWorld("explained");

  /** The reason of that code, by the API and by `conveyor explain`. */
  async function reason(run: string, code: string): Promise<WireWhy> {
    const { why, steps } = await eventually(async () => {
      const seen = await world.run(run);
      const all = [...seen.why, ...seen.steps.flatMap((step) => step.why ?? [])];
      return all.some((one) => one.code === code) ? { ...seen, why: all } : null;
    });
    const said = why.find((one) => one.code === code) as WireWhy;
    expect(said.message).toMatch(/\S/);
    expect(said.hint, `a hint of ${code}`).toMatch(/\S/);
    expect(Date.parse(said.since)).toBeLessThanOrEqual(Date.now());
    expect(steps).toBeDefined();
    const explain = world.scope.start({
      command: ["node", COMMAND, "explain", run, "--server", world.server.url],
    });
    expect((await explain.exit).code).toBe(0);
    const text = explain.lines.join("\n");
    expect(text).toContain(said.message);
    expect(text).toContain(said.hint);
    return said;
  }

  const pipeline = (name: string, ...drivers: readonly string[]) =>
    world.client.pipelines.apply({
      name,
      resource: KIND,
      steps: drivers.map((driver, index) => ({ id: `step-${index}`, driver })),
    });

  it("while nobody listens, a driver never came, or listens to something else", async () => {
    await world.startServer();
    expect(await reason(await world.create("alone"), "no_listener")).toMatchObject({
      message: `no driver listens to create of ${KIND}`,
    });
    await world.startDriver({ name: "builder", resources: ["other"] });
    await pipeline("typo", "bulider");
    const typo = await world.create("typo", undefined, { pipeline: "typo" });
    const never = await reason(typo, "driver_never_connected");
    expect(never.message).toContain("did the pipeline mean builder?");
    await pipeline("other", "builder");
    const other = await world.create("other", undefined, { pipeline: "other" });
    await reason(other, "driver_not_listening");
  });

  it("while instances are busy, or draining, or were cut off, or are gone", async () => {
    await world.startServer();
    const driver = { name: "builder", instance: "one", concurrency: 1 };
    const child = await world.startDriver(driver);
    const held = await world.create("held", HELD);
    await eventually(() => world.stage.entries("start", held).length === 1);
    const queued = await world.create("queued");
    expect(await reason(queued, "instances_busy")).toMatchObject({
      message: "the only instance of driver builder is busy (1 of 1 slots)",
    });
    child.signal("SIGTERM");
    await reason(queued, "driver_draining");
    await child.kill();
    const cut = await reason(held, "instance_disconnected");
    expect(cut.message).toMatch(/^instance one is not connected; its lease is kept until \d/);
    await reason(queued, "driver_offline");
    world.stage.open("held");
    await world.startDriver(driver);
    await world.ended(held);
    await world.ended(queued);
  });

  it("while it waits for other runs, other steps, or a handler that does not stop", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder", instance: "one" });
    await pipeline("release", "builder", "tester");
    const first = await world.create("app", HELD, { pipeline: "release" });
    await eventually(() => world.stage.entries("start", first).length === 1);
    expect(await reason(first, "waiting_for_step")).toMatchObject({
      message: "waiting for step step-0",
    });
    const { runId } = await world.client.resources.update(
      { kind: KIND, name: "app" },
      { spec: {}, pipeline: "release" },
    );
    const second = String(runId);
    expect(await reason(second, "waiting_for_runs")).toMatchObject({
      message: `waiting for 1 earlier run of app: ${first}`,
      hint: expect.stringContaining(`conveyor explain ${first}`),
    });
    await world.client.runs.cancel(first);
    await reason(first, "waiting_for_handler");
    await reason(second, "stuck_handler");
    world.stage.open("held");
    expect(await world.ended(first)).toMatchObject({ state: "cancelled" });
  });
});
