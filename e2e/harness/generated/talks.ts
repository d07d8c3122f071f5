/** What instances may say, from the description of the protocol: right, wrong, and in any order. */
import fc from "fast-check";
import type { FrameSchemas } from "../frame-schemas.ts";
import { rarely } from "./rarely.ts";
import { mutationsOf, type Schema, textsFrom, valuesOf } from "./values.ts";

/** The driver that all of them are. */
export const DRIVER = "builder";
export const PER_CONNECTION = 8;

const NOON = "2026-01-01T12:00:00.000Z";

/** A text, or bytes as they are sent: in one frame, whose kind they may not be, or in parts. */
export type SaidFrame =
  | string
  | { readonly as: "binary" | "text" | "ping" | "pong"; readonly bytes: Buffer }
  | { readonly as: "parts"; readonly bytes: Buffer; readonly isEnded: boolean };

export interface Talk {
  /** Whether the hello is a good one; else it is the first of the frames. */
  readonly greets: boolean;
  /** Whether it waits for something to do first. */
  readonly works: boolean;
  readonly frames: readonly SaidFrame[];
}

export function talksOf(schemas: FrameSchemas): fc.Arbitrary<Talk> {
  const described = describedFrames(schemas);
  const frame: fc.Arbitrary<SaidFrame> = fc.oneof(
    { weight: 40, arbitrary: described },
    { weight: 20, arbitrary: workFrames() },
    { weight: 2, arbitrary: oddBytes() },
    { weight: 2, arbitrary: partsOf(described) },
    { weight: 1, arbitrary: largeFrames() },
  );
  const length = { minLength: PER_CONNECTION, maxLength: PER_CONNECTION };
  // What is wrong ends a connection: where none of it is, more is said about the work.
  return fc.oneof(
    fc.record({
      greets: fc.nat(9).map((n) => n > 2),
      works: fc.constant(false),
      frames: fc.array(frame, length),
    }),
    fc.record({
      greets: fc.constant(true),
      works: fc.constant(true),
      frames: fc.array(workFrames(), length),
    }),
  );
}

function describedFrames({ sent }: FrameSchemas): fc.Arbitrary<string> {
  const leases = Array.from({ length: 8 }, (_, index) => index + 1);
  const known = { lease: leases, driver: [DRIVER], first: [0, 1, 2], timestamp: [NOON] };
  const frames = [...sent.values()].map((schema) => {
    const good = valuesOf(schema as Schema, known);
    return fc.oneof(
      { weight: 3, arbitrary: good.map((value) => JSON.stringify(value)) },
      { weight: 1, arbitrary: textsFrom(mutationsOf(good)) },
    );
  });
  return fc.oneof(...frames);
}

/** Lines and results of one lease that overlap, leave gaps, repeat, and come after the end. */
function workFrames(): fc.Arbitrary<string> {
  const line = { timestamp: NOON, level: "info", message: "x", labels: {} };
  const lease = fc.constantFrom(2, 2, 2, 4, 7);
  const log = fc
    .tuple(lease, rarely(0, 1, 2, 3, 9, 1, 2, 3, -1, 2 ** 53 - 1), rarely(1, 2, 3, 0))
    .map(([of, first, count]) => ({
      type: "log",
      lease: of,
      first,
      lines: Array.from({ length: count }, () => line),
    }));
  const result = fc
    .tuple(lease, fc.constantFrom(0, 0, 0, 1, 1, 2, 3, 99), fc.boolean())
    .map(([of, lines, success]) => {
      const result = { success, message: "x", data: null };
      return { type: "result", lease: of, lines, ...result };
    });
  return fc
    .oneof({ weight: 3, arbitrary: log }, { weight: 1, arbitrary: result })
    .map((frame) => JSON.stringify(frame));
}

function oddBytes(): fc.Arbitrary<SaidFrame> {
  const bytes = fc.uint8Array({ maxLength: 120 }).map((array) => Buffer.from(array));
  const bad = Buffer.from('{"type":"progress","leases":[],"lagMs":0,"x":"\u00ff\u00c0"}', "latin1");
  return fc.oneof(
    fc
      .tuple(
        fc.constantFrom("binary" as const, "text" as const, "ping" as const, "pong" as const),
        bytes,
      )
      .map(([as, of]) => ({ as, bytes: of })),
    fc.constant({ as: "text" as const, bytes: bad }),
    fc.constant({ as: "binary" as const, bytes: Buffer.from('{"type":"goodbye"}') }),
  );
}

/** A message in three parts, cut anywhere, the last of which may never come. */
function partsOf(texts: fc.Arbitrary<string>): fc.Arbitrary<SaidFrame> {
  return fc
    .tuple(texts, fc.nat(9))
    .map(([text, n]) => ({ as: "parts" as const, bytes: Buffer.from(text), isEnded: n > 0 }));
}

function largeFrames(): fc.Arbitrary<SaidFrame> {
  const line = { timestamp: NOON, level: "info", message: "y".repeat(250_000), labels: {} };
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(JSON.stringify({ type: "x".repeat(1_100_000) })) },
    { weight: 1, arbitrary: fc.constant("z".repeat(9_000_000)) },
    {
      weight: 2,
      arbitrary: fc.constant(
        JSON.stringify({ type: "log", lease: 2, first: 0, lines: [line, line, line] }),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constant(`{"type":"progress","leases":[${"1,".repeat(300_000)}1],"lagMs":0}`),
    },
    { weight: 2, arbitrary: fc.constant(`{"type":"result","data":${"[".repeat(400_000)}`) },
  );
}
