import { MAX_FRAME_BYTES, MAX_MESSAGE_BYTES, PART_LABEL } from "@conveyor-ci/contract";
import type { LogLine } from "@conveyor-ci/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeLine, labelsOf, splitText, textOf } from "./log-line.ts";

function lineOf(message: string): LogLine {
  return { timestamp: "2026-01-01T00:00:00.000Z", level: "info", message, labels: { a: "b" } };
}

function decode(texts: readonly string[]): LogLine[] {
  return texts.map((text) => JSON.parse(text) as LogLine);
}

describe("a log line", () => {
  it("says what was logged, whatever it is", () => {
    expect(textOf("text")).toBe("text");
    expect(textOf({ a: [1, null] })).toBe('{"a":[1,null]}');
    expect(textOf(undefined)).toBe("undefined");
    expect(textOf(12n)).toBe("12");
    expect(textOf(Buffer.from("bytes"))).toBe("bytes");
    expect(textOf(new Error("why"))).toMatch(/^Error: why\n/);
    expect(textOf(Symbol("s"))).toBe("Symbol(s)");
    expect(textOf({ big: 1n })).toContain("1n");
  });

  it("has text for every label, and none for undefined", () => {
    const labels = { text: "a", n: 1, yes: true, none: undefined, nil: null, list: [1] };
    expect(labelsOf(labels)).toEqual({ text: "a", n: "1", yes: "true", nil: "null", list: "[1]" });
    expect(labelsOf(null)).toEqual({});
    expect(Object.keys(labelsOf(JSON.parse('{"__proto__":"x"}')))).toEqual(["__proto__"]);
  });

  it("refuses labels that no line may have, and says what they must be", () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`label-${index}`, index]));
    expect(() => labelsOf({ long: "x".repeat(70_000) })).toThrow(RangeError);
    expect(labelsOf({ long: "x".repeat(60_000) })).toHaveProperty("long");
    expect(() => labelsOf(many(65))).toThrow(
      new RangeError("the labels of a log line must have at most 64 members, not 65"),
    );
    expect(Object.keys(labelsOf(many(64)))).toHaveLength(64);
    expect(() => labelsOf({ "": 1 })).toThrow(RangeError);
  });

  it("is one line up to the limit and marked parts beyond it", () => {
    expect(decode(encodeLine(lineOf("x".repeat(MAX_MESSAGE_BYTES))))).toHaveLength(1);
    const message = "€".repeat(MAX_MESSAGE_BYTES);
    const parts = decode(encodeLine(lineOf(message)));
    expect(parts.map(({ message }) => message).join("")).toBe(message);
    expect(parts.map(({ labels }) => labels[PART_LABEL])).toEqual(["1/4", "2/4", "3/4", "4/4"]);
    expect(parts.every(({ labels }) => labels["a"] === "b")).toBe(true);
  });

  it("fits a frame even when JSON writes each character in six bytes", () => {
    const encoded = encodeLine(lineOf("\u0001".repeat(MAX_MESSAGE_BYTES)));
    expect(encoded.length).toBeGreaterThan(1);
    for (const text of encoded)
      expect(Buffer.byteLength(text)).toBeLessThan(MAX_FRAME_BYTES - 1_000);
  });

  it("is never cut inside a character", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 200 });
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 20 }), (message, maxBytes) => {
        const parts = splitText(message, maxBytes);
        expect(parts.join("")).toBe(message);
        for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(maxBytes);
      }),
    );
  });
});
