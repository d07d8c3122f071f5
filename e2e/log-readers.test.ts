import type { WireLogLine } from "@conveyor-ci/contract";
import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { type LogStream, readByEvents, readByWebSocket } from "./harness/log-readers.ts";
import { useWorld } from "./harness/world.ts";

const BURST = 5_000;
const PARTS = 4;
const TOTAL = BURST * PARTS;

describe("readers of a run's log", () => {
  const world = useWorld("readers");

  /** A run that logs in bursts, the next one when its gate is opened. */
  async function startRun(): Promise<{ id: string; path: string }> {
    await world.startServer();
    await world.startDriver({ name: "builder" });
    const id = await world.create("app-1", {
      builder: Array.from({ length: PARTS }, (_, part) => [
        { do: "gate", name: `part-${part}` } as const,
        { do: "log", count: BURST } as const,
      ]).flat(),
    });
    return { id, path: `/logs/streams/builder/${id}` };
  }

  /** Every line after the cursor, each once and in order. */
  function expectWhole(lines: readonly WireLogLine[], after = 0): void {
    const wrong = lines.findIndex(({ seq }, index) => seq !== after + index + 1);
    expect(wrong).toBe(-1);
    expect(lines).toHaveLength(TOTAL - after);
    expect(lines.every(({ seq, message }) => message === `line ${seq}`)).toBe(true);
  }

  it("P6: get every line once, however late, slow or interrupted they are, and are told of the end", async () => {
    const { id, path } = await startRun();
    const { server, scope, stage } = world;
    const early = readByWebSocket(scope, server.url, path);
    const events = readByEvents(scope, server.url, { path: `/logs/pipeline/${id}` });
    const slow = [
      readByWebSocket(scope, server.url, `/logs/pipeline/${id}`),
      readByEvents(scope, server.url, { path }),
    ];
    stage.open("part-0");
    await eventually(() => slow.every(({ lines }) => lines.length > 0));
    for (const reader of slow) reader.pause();
    stage.open("part-1");
    await eventually(() => early.lines.length > BURST + 10);
    // In the middle of the second burst, so from disk to live.
    const joined = readByWebSocket(scope, server.url, path);
    const cursor = early.lines[BURST + 5]!.seq;
    const after = readByWebSocket(scope, server.url, `${path}?after=${cursor}`);
    const broken: LogStream[] = [
      readByWebSocket(scope, server.url, path),
      readByEvents(scope, server.url, { path }),
    ];
    await eventually(() => broken.every(({ lines }) => lines.length > 50));
    for (const reader of broken) reader.close();
    stage.open("part-2");
    const seen = broken.map(({ lines }) => lines.at(-1)!.seq);
    const resumed = [
      readByWebSocket(scope, server.url, `${path}?after=${seen[0]}`),
      readByEvents(scope, server.url, { path, lastEventId: seen[1]! }),
    ];
    await eventually(() => early.lines.length >= 3 * BURST);
    for (const reader of slow) reader.resume();
    stage.open("part-3");
    expect((await world.ended(id)).state).toBe("succeeded");

    const told = { end: { runid: id, state: "succeeded" } };
    for (const reader of [early, slow[0]!, joined, after, resumed[0]!]) {
      expect(await reader.end).toEqual({ ...told, code: 1000 });
    }
    for (const reader of [events, slow[1]!, resumed[1]!]) {
      expect(await reader.end).toEqual({ ...told, code: 200 });
    }
    for (const { lines } of [early, events, ...slow, joined]) expectWhole(lines);
    expectWhole(after.lines, cursor);
    for (const [index, { lines }] of resumed.entries()) {
      const before = broken[index]!.lines.filter(({ seq }) => seq <= seen[index]!);
      expectWhole([...before, ...lines]);
    }
  });

  it("P6: after the end get what there is, then the end, and 204 when there is nothing more", async () => {
    const { id, path } = await startRun();
    const { server, scope, stage } = world;
    for (let part = 0; part < PARTS; part += 1) stage.open(`part-${part}`);
    await world.ended(id);
    const late = readByWebSocket(scope, server.url, path);
    expect(await late.end).toEqual({ end: { runid: id, state: "succeeded" }, code: 1000 });
    expectWhole(late.lines);
    const resumed = readByEvents(scope, server.url, { path, lastEventId: TOTAL - 1 });
    expect(await resumed.end).toMatchObject({ end: { runid: id }, code: 200 });
    expect(resumed.lines.map(({ seq }) => seq)).toEqual([TOTAL]);
    const done = readByEvents(scope, server.url, { path, lastEventId: TOTAL });
    expect(await done.end).toEqual({ end: null, code: 204 });
  });

  it("P6: of a run that does not exist are refused before any upgrade", async () => {
    const { server, scope } = { server: await world.startServer(), scope: world.scope };
    const path = "/logs/pipeline/01900000-0000-7000-8000-000000000000";
    await expect(readByWebSocket(scope, server.url, path).end).rejects.toThrow("404");
    expect((await readByEvents(scope, server.url, { path }).end).code).toBe(404);
  });
});
