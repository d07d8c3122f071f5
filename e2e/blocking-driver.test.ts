import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { readByWebSocket } from "./harness/log-readers.ts";
import { useWorld } from "./harness/world.ts";

/** Longer than the 20 s of silence after which a lease expires; minutes when asked for. */
const BLOCK_MS = Number(process.env["CONVEYOR_E2E_BLOCK_MS"] ?? 25_000);
const LINE_EVERY_MS = 500;

describe("a handler that blocks its event loop", () => {
  const world = useWorld("blocking");

  it("P2: keeps its lease, and its lines arrive while it blocks", {
    timeout: BLOCK_MS + 60_000,
  }, async () => {
    const server = await world.startServer();
    await world.startDriver({ name: "grinder" });
    const id = await world.create("app-1", { grinder: [{ do: "block", ms: BLOCK_MS }] });
    const path = `/logs/streams/grinder/${id}`;
    const reader = readByWebSocket(world.scope, server.url, path);
    const due = Math.floor((BLOCK_MS / LINE_EVERY_MS) * 0.9);
    await eventually(() => reader.lines.length >= due, { withinMs: BLOCK_MS });
    // It has not come to the end of its blocking: what was read came out meanwhile.
    expect(world.stage.entries("blocked", id)).toHaveLength(1);
    expect(world.stage.entries("unblocked", id)).toHaveLength(0);
    const { instances } = await world.client.drivers.get("grinder");
    expect(instances[0]).toMatchObject({ connected: true, running: 1 });
    expect(instances[0]?.lagMs).toBeGreaterThan(BLOCK_MS / 2);
    const run = await world.ended(id, BLOCK_MS + 20_000);
    expect(run.state).toBe("succeeded");
    expect(run.steps[0]?.attempts).toHaveLength(1);
    const { end, code } = await reader.end;
    expect({ end, code }).toEqual({ end: { runid: id, state: "succeeded" }, code: 1000 });
    const logged = Number(world.stage.entries("unblocked", id)[0]?.detail);
    expect(reader.lines.map(({ message }) => message)).toEqual(
      Array.from({ length: logged }, (_, index) => `line ${index + 1}`),
    );
  });
});
