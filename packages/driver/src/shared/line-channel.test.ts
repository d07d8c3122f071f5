import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCounters } from "./counters.ts";
import { createLineReader, createLineWriter, SEGMENT_BYTES } from "./line-channel.ts";

describe("the line channel", () => {
  it("hands over each line once and in order, whenever segments are announced and read", () => {
    const line = fc.record({
      lease: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      text: fc.oneof(fc.string({ unit: "grapheme" }), fc.constant("z".repeat(100_000))),
      reads: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const announced: SharedArrayBuffer[] = [];
        const writer = createLineWriter((memory) => void announced.push(memory));
        const reader = createLineReader();
        const seen: [number, string][] = [];
        const read = (): void => {
          for (const memory of announced.splice(0)) reader.addSegment(memory);
          reader.drain((lease, bytes) => void seen.push([lease, bytes.toString("utf8")]));
        };
        for (const { lease, text, reads } of lines) {
          writer.write(lease, text, Buffer.byteLength(text));
          if (reads) read();
        }
        read();
        expect(seen).toEqual(lines.map(({ lease, text }) => [lease, text]));
      }),
      { numRuns: 50 },
    );
  });

  it("takes a line that is longer than a segment", () => {
    const reader = createLineReader();
    const writer = createLineWriter((memory) => reader.addSegment(memory));
    const text = "w".repeat(SEGMENT_BYTES * 3);
    writer.write(1, text, text.length);
    writer.write(1, "next", 4);
    const seen: number[] = [];
    reader.drain((_lease, bytes) => void seen.push(bytes.length));
    expect(seen).toEqual([text.length, 4]);
  });
});

describe("the counters of an instance", () => {
  it("let a bound be reached and never passed", () => {
    const counters = createCounters();
    expect(counters.reserve(60, 100)).toBe(true);
    expect(counters.reserve(41, 100)).toBe(false);
    expect(counters.reserve(40, 100)).toBe(true);
    createCounters(counters.memory).release(60);
    expect(counters.spooledBytes()).toBe(40);
  });

  it("ask for one wake-up until it was taken", () => {
    const counters = createCounters();
    expect([counters.claimWake(), counters.claimWake()]).toEqual([true, false]);
    counters.clearWake();
    expect(counters.claimWake()).toBe(true);
  });
});
