import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { readByEvents, readByWebSocket } from "./harness/log-readers.ts";
import { STOP_WITHIN_MS } from "./harness/server-process.ts";
import { useWorld } from "./harness/world.ts";

describe("stopping with SIGTERM", () => {
  const world = useWorld("stop");

  it("P10: a server leaves running steps to their instances, and exits within 10 s", async () => {
    const server = await world.startServer();
    await world.startDriver({ name: "builder" });
    const id = await world.create("app-1", {
      builder: [
        { do: "log", count: 5 },
        { do: "gate", name: "finish", logging: true },
      ],
    });
    await eventually(async () => (await world.lines(id)).length > 5);
    const path = `/logs/pipeline/${id}`;
    const readers = [
      readByWebSocket(world.scope, server.url, path),
      readByEvents(world.scope, server.url, { path }),
    ];
    await eventually(() => readers.every(({ lines }) => lines.length > 5));
    const began = performance.now();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(STOP_WITHIN_MS);
    // The run has not ended, so nobody is told that it has.
    for (const reader of readers) expect((await reader.end).end).toBeNull();
    await server.start();
    world.stage.open("finish");
    const run = await world.ended(id);
    expect(run.state).toBe("succeeded");
    expect(run.steps[0]?.attempts).toHaveLength(1);
    expect(world.stage.entries("start", id)).toHaveLength(1);
    const { lines } = run.steps[0]?.result?.data as { lines: number };
    expect((await world.lines(id)).map(({ message }) => message)).toEqual(
      Array.from({ length: lines }, (_, index) => `line ${index + 1}`),
    );
  });

  it("a driver finishes what it has, takes nothing new, and exits with 0", async () => {
    await world.startServer();
    const old = await world.startDriver({ name: "builder", instance: "old", concurrency: 1 });
    const id = await world.create("app-1", { builder: [{ do: "gate", name: "finish" }] });
    await eventually(() => world.stage.entries("waiting", id).length === 1);
    old.signal("SIGTERM");
    await eventually(async () => {
      const { instances } = await world.client.drivers.get("builder");
      return instances[0]?.draining;
    });
    const next = await world.create("app-2");
    expect((await world.run(next)).why[0]?.code).toBe("driver_draining");
    await world.startDriver({ name: "builder", instance: "new" });
    expect((await world.ended(next)).state).toBe("succeeded");
    expect(world.stage.entries("start", next)[0]?.instance).toBe("new");
    expect(old.isRunning).toBe(true);
    world.stage.open("finish");
    expect(await old.exit).toEqual({ code: 0, signal: null });
    const run = await world.ended(id);
    expect(run.state).toBe("succeeded");
    expect(run.steps[0]?.attempts).toMatchObject([{ instance: "old", outcome: "succeeded" }]);
    const { instances } = await world.client.drivers.get("builder");
    expect(instances.map(({ instance }) => instance)).toEqual(["new"]);
  });
});
