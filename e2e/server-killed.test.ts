import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { readByWebSocket } from "./harness/log-readers.ts";
import { useWorld } from "./harness/world.ts";

describe("a server that is killed and comes back", () => {
  const world = useWorld("restart");
  const numbered = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

  it("P10: does not restart running work, whose lines and result arrive once", async () => {
    const server = await world.startServer();
    await world.startDriver({ name: "builder" });
    const id = await world.create("app-1", {
      builder: [
        { do: "log", count: 50 },
        { do: "flush" },
        { do: "gate", name: "finish", logging: true },
        { do: "log", count: 50 },
      ],
    });
    const reader = readByWebSocket(world.scope, server.url, `/logs/pipeline/${id}`);
    await eventually(() => reader.lines.length > 60);
    await server.kill();
    await reader.end;
    // The handler goes on though nobody is there to hear it.
    expect(world.stage.entries("end", id)).toEqual([]);
    await server.start();
    const cursor = reader.lines.at(-1)!.seq;
    const path = `/logs/pipeline/${id}?after=${cursor}`;
    const resumed = readByWebSocket(world.scope, server.url, path);
    await eventually(() => resumed.lines.length > 10);
    const held = await world.run(id);
    expect(held).toMatchObject({ state: "running", steps: [{ attempts: [{ outcome: null }] }] });
    world.stage.open("finish");
    const run = await world.ended(id);
    expect(run.state).toBe("succeeded");
    expect(run.steps[0]?.attempts).toHaveLength(1);
    expect(world.stage.entries("start", id)).toHaveLength(1);
    const { lines: logged } = run.steps[0]?.result?.data as { lines: number };
    const stored = await world.lines(id);
    expect(stored.map(({ seq }) => seq)).toEqual(numbered(logged));
    expect(stored.map(({ message }) => message)).toEqual(numbered(logged).map((n) => `line ${n}`));
    expect((await resumed.end).end).toEqual({ runid: id, state: "succeeded" });
    const read = [...reader.lines, ...resumed.lines].map(({ seq }) => seq);
    expect(read).toEqual(numbered(logged));
  });

  it("P10: is given the result of a handler that ended while it was away", async () => {
    const server = await world.startServer();
    await world.startDriver({ name: "builder" });
    const script = {
      builder: [
        { do: "gate", name: "finish" },
        { do: "log", count: 7 },
      ],
    } as const;
    const id = await world.create("app-1", script);
    const next = await world.create("app-2", { builder: [{ do: "log", count: 1 }] });
    await eventually(() => world.stage.entries("waiting", id).length === 1);
    await world.ended(next);
    await server.kill();
    world.stage.open("finish");
    await eventually(() => world.stage.entries("end", id).length === 1);
    await server.start();
    const run = await world.ended(id);
    expect(run).toMatchObject({
      state: "succeeded",
      steps: [{ result: { message: "builder done" } }],
    });
    expect(run.steps[0]?.attempts).toHaveLength(1);
    expect((await world.lines(id)).map(({ seq }) => seq)).toEqual(numbered(7));
  });
});
