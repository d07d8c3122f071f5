import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter, MAX_PIECE_LENGTH } from "./line-splitter.ts";

function split(chunks: readonly Buffer[]) {
  const splitter = new LineSplitter();
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

describe("a line splitter", () => {
  it("finds the same lines wherever the chunks are cut", () => {
    const piece = fc.constantFrom("a", "ß", "€", "😀", "\r\n", "\n", "\r", "xyz");
    const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), cuts, (pieces, at) => {
        const bytes = Buffer.from(pieces.join(""));
        const borders = [0, ...at.sort((a, b) => a - b), bytes.length];
        const chunks = borders.slice(1).map((to, i) => bytes.subarray(borders[i], to));
        const lines = pieces.join("").split("\n");
        const ended = lines.slice(0, -1).map((line) => line.replace(/\r$/, ""));
        const rest = lines.slice(-1).filter((line) => line !== "");
        expect(split(chunks).map(({ text }) => text)).toEqual([...ended, ...rest]);
      }),
    );
  });

  it("hands on in numbered pieces what is longer than its bound, between characters", () => {
    const long = `x${"😀".repeat(MAX_PIECE_LENGTH)}`;
    const pieces = split([Buffer.from(`${long}\nshort\n`)]);
    expect(pieces.at(-1)).toEqual({ text: "short" });
    const parts = pieces.slice(0, -1);
    expect(parts.map(({ part }) => part)).toEqual(parts.map((_, index) => index + 1));
    expect(parts.map(({ text }) => text).join("")).toBe(long);
    expect(parts.every(({ text }) => text.length <= MAX_PIECE_LENGTH)).toBe(true);
  });

  it("does not hold more than its bound of a line that never ends", () => {
    const splitter = new LineSplitter();
    let length = 0;
    for (let i = 0; i < 100; i += 1) {
      for (const { text } of splitter.push(Buffer.alloc(10_000, "y"))) length += text.length;
    }
    expect(1_000_000 - length).toBeLessThanOrEqual(MAX_PIECE_LENGTH);
  });
});
