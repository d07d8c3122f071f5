import { describe, expect, it } from "vitest";
import type { Child } from "./harness/child.ts";
import { useWorld } from "./harness/world.ts";

const DELIVERIES = 5;

describe("a payload that kills its driver", () => {
  const world = useWorld("poison");

  /** Starts the instance again whenever it dies, as a supervisor does. */
  function supervise(onStart: (child: Child) => void): { stop(): Promise<void> } {
    let isOver = false;
    const going = (async () => {
      while (!isOver) {
        const child = await world.launchDriver({ name: "builder", instance: "builder-1" });
        onStart(child);
        await child.exit;
      }
    })();
    return {
      async stop() {
        isOver = true;
        await going;
      },
    };
  }

  it("P2: fails with instance_lost after 5 deliveries, and harms nobody else", async () => {
    await world.startServer();
    const children: Child[] = [];
    const supervisor = supervise((child) => children.push(child));
    const id = await world.create("app-1", { builder: [{ do: "log", count: 1 }, { do: "crash" }] });
    const run = await world.ended(id, 60_000);
    expect(run.state).toBe("failed");
    const [step] = run.steps;
    expect(step).toMatchObject({ state: "failed", code: "instance_lost" });
    expect(step?.attempts.map(({ outcome }) => outcome)).toEqual(Array(DELIVERIES).fill("lost"));
    expect(world.stage.entries("start", id).map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5]);
    const healthy = await world.ended(await world.create("app-2"));
    expect(healthy.state).toBe("succeeded");
    expect(healthy.steps[0]?.attempts).toHaveLength(1);
    const stopping = supervisor.stop();
    children.at(-1)?.signal("SIGTERM");
    await stopping;
    expect(children).toHaveLength(DELIVERIES + 1);
  });
});
