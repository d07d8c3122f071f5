import fc from "fast-check";
import { describe, expect, it } from "vitest";
import WebSocket from "ws";
import { type FrameSchemas, fetchFrameSchemas } from "./harness/frame-schemas.ts";
import { announce, REQUESTS, SEED } from "./harness/generated/settings.ts";
import {
  type Json,
  mutationsOf,
  type Schema,
  textsFrom,
  valuesOf,
} from "./harness/generated/values.ts";
import { KIND } from "./harness/script.ts";
import { useWorld } from "./harness/world.ts";

const FRAMES = Math.ceil(REQUESTS / 3);
const PER_CONNECTION = 4;
const SLOW_MS = 1_000;
const DRIVER = "builder";
const NOON = "2026-01-01T12:00:00.000Z";

interface Talk {
  /** Whether the hello is a good one; else it is the first of the frames. */
  readonly greets: boolean;
  readonly frames: readonly (string | Buffer)[];
}

function talksOf({ sent }: FrameSchemas): fc.Arbitrary<Talk> {
  const leases = Array.from({ length: 8 }, (_, index) => index + 1);
  const known = { lease: leases, driver: [DRIVER], first: [0], timestamp: [NOON] };
  const frames = [...sent.values()].map((schema) => {
    const good = valuesOf(schema as Schema, known);
    return fc.oneof(
      { weight: 3, arbitrary: good.map((value) => JSON.stringify(value)) },
      { weight: 1, arbitrary: textsFrom(mutationsOf(good)) },
    );
  });
  const frame = fc.oneof(
    ...frames.map((arbitrary) => ({ weight: 9, arbitrary })),
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.constant(JSON.stringify({ type: "x".repeat(1_100_000) })) },
  );
  return fc.record({
    greets: fc.nat(9).map((n) => n > 2),
    frames: fc.array(frame, { minLength: PER_CONNECTION, maxLength: PER_CONNECTION }),
  });
}

describe("frames that were generated from the description of the protocol", () => {
  const world = useWorld("frames");

  it("P9: break nothing, are answered as described, and lose no lease of others", async () => {
    const { url } = await world.startServer();
    announce(`${FRAMES} frames`);
    const schemas = await fetchFrameSchemas(url);
    const counts = new Map<string, number>();
    let connections = 0;
    const check = async (talk: Talk): Promise<void> => {
      connections += 1;
      const instance = `raw-${connections}`;
      if (connections % 2 === 0) await world.create(`app-${connections}`);
      for (const frame of await converse(url, talk, instance)) {
        expect(schemas.issues(frame), JSON.stringify(frame)).toEqual([]);
        expect(schemas.received.has(frame.type)).toBe(true);
        const what = frame.type === "error" ? `error ${frame.code}` : frame.type;
        counts.set(what, (counts.get(what) ?? 0) + 1);
        expect(frame.code).not.toBe("internal_error");
      }
      const began = performance.now();
      expect((await fetch(`${url}/ready`)).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(SLOW_MS);
    };
    const numRuns = Math.ceil(FRAMES / PER_CONNECTION);
    const talks = fc.asyncProperty(talksOf(schemas), check);
    await fc.assert(talks, { numRuns, seed: SEED, endOnFailure: true });
    console.log("answers by type:", Object.fromEntries([...counts].sort()));
    for (const type of ["welcome", "assign", "lost", "error invalid_frame"]) {
      expect(counts.get(type) ?? 0, type).toBeGreaterThan(0);
    }
    const id = await world.create("last");
    await world.startDriver({ name: DRIVER, concurrency: 100 });
    expect(await world.ended(id, 60_000)).toMatchObject({ state: "succeeded" });
  }, 3_600_000);
});

/** Says what is to be said, and answers what was said back until the server had read all of it. */
async function converse(url: string, talk: Talk, instance: string): Promise<readonly Json[]> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/drivers/connect`);
  const heard: Json[] = [];
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.on("error", () => undefined);
  const welcomed = new Promise<void>((resolve) => {
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString());
      heard.push(frame);
      if (frame.type === "welcome") resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.on("open", resolve);
    socket.once("error", reject);
  });
  if (talk.greets) {
    const hello = { type: "hello", protocol: [1], driver: DRIVER, resources: [KIND] };
    socket.send(JSON.stringify({ ...hello, instance, boot: instance, concurrency: 3 }));
    await Promise.race([welcomed, closed]);
    // What there is to do is assigned by the time the next answer comes.
    if (socket.readyState === WebSocket.OPEN) socket.ping();
    await Promise.race([new Promise((resolve) => socket.once("pong", resolve)), closed]);
  }
  for (const frame of talk.frames) {
    if (socket.readyState === WebSocket.OPEN) socket.send(withLease(frame, heard));
  }
  const read = new Promise<void>((resolve) => socket.on("pong", () => resolve()));
  if (socket.readyState === WebSocket.OPEN) socket.ping();
  await Promise.race([read, closed]);
  if (socket.readyState === WebSocket.OPEN) socket.send('{"type":"goodbye"}');
  socket.close();
  await closed;
  return heard;
}

/** Half of the leases that are named become one that is held; half of the results fit its lines. */
function withLease(frame: string | Buffer, heard: readonly Json[]): string | Buffer {
  const held = heard.find(({ type }) => type === "assign")?.lease as number | undefined;
  if (typeof frame !== "string" || held === undefined) return frame;
  const named = frame.replace(/"lease":[2468]\b/, `"lease":${held}`);
  return named.replace(/"lines":\d*[02468]\b/, '"lines":0');
}
