import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { readByWebSocket } from "./harness/log-readers.ts";
import { greetRaw, rawLines } from "./harness/raw-instance.ts";
import { useWorld } from "./harness/world.ts";

const LINE_BYTES = 16_000;
const LINES_PER_FRAME = 60;
const FRAMES = 210;
const UNREAD_FRAMES = 60;
const LINES = LINES_PER_FRAME * FRAMES;
const MIB = 1024 ** 2;
/** Far below the 200 MB that are logged; the collectors of some versions of Node take their time. */
const MAX_GROWTH_BYTES = 100 * MIB;

/** What a process holds in memory; null where the system does not say. */
function residentBytes(pid: number): number | null {
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    return null;
  }
}

describe("a reader that does not read", () => {
  const world = useWorld("slow-reader");

  it("P6: costs the server no memory while 200 MB are logged, and then gets every line", async () => {
    const { url, pid } = await world.startServer();
    const hello = { driver: "builder", boot: "b", concurrency: 2 };
    const { raw } = await greetRaw(world.scope, url, hello);
    const message = "x".repeat(LINE_BYTES);
    const lines = rawLines(...Array.from({ length: LINES_PER_FRAME }, () => message));
    // What taking lines costs by itself is no cost of the reader.
    await world.create("app-0");
    const unread = await raw.next("assign");
    for (let frame = 0; frame < UNREAD_FRAMES; frame += 1) {
      raw.send({ type: "log", lease: unread.lease, first: frame * LINES_PER_FRAME, lines });
      await raw.next("logged", 20_000);
    }
    const id = await world.create("app-1");
    const { lease } = await raw.next("assign");
    const reader = readByWebSocket(world.scope, url, `/logs/pipeline/${id}`);
    raw.send({ type: "log", lease, first: 0, lines: rawLines("first") });
    await raw.next("logged");
    await eventually(() => reader.lines.length === 1);
    reader.pause();
    const before = residentBytes(pid) ?? 0;
    let most = before;
    for (let frame = 0; frame < FRAMES; frame += 1) {
      raw.send({ type: "log", lease, first: 1 + frame * LINES_PER_FRAME, lines });
      await raw.next("logged", 20_000);
      most = Math.max(most, residentBytes(pid) ?? 0);
    }
    console.log(`${Math.round((most - before) / MIB)} MiB more for a reader that does not read`);
    expect(most - before).toBeLessThan(MAX_GROWTH_BYTES);
    raw.send({
      type: "result",
      lease,
      lines: LINES + 1,
      success: true,
      message: "",
      data: null,
    });
    await raw.next("recorded");
    reader.resume();
    expect(await reader.end).toEqual({ end: { runid: id, state: "succeeded" }, code: 1000 });
    expect(reader.lines).toHaveLength(LINES + 1);
    expect(reader.lines.every(({ seq }, index) => seq === index + 1)).toBe(true);
  });
});
