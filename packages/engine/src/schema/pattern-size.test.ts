import { describe, expect, it } from "vitest";
import { patternSize } from "./pattern-size.ts";

describe("the size of a pattern", () => {
  it.each([
    ["^abc$", 3],
    ["a|b+c*d?", 4],
    ["\\d\\.[a-z\\]]", 3],
    ["a{3}", 3],
    ["ab{2,5}c", 7],
    ["a{4,}", 4],
    ["a{0}", 1],
    ["(ab){10}", 20],
    ["((a{2}b){3}c){4}", 40],
    ["\\p{L}{3}", 150],
    ["[\\p{L}\\pN-]", 101],
    ["(a", 1],
    ["a)b", 2],
  ])("%s is %i", (pattern, size) => {
    expect(patternSize(pattern)).toBe(size);
  });
});
