import { expect, it } from "vitest";
import { parseCount, parsePosition } from "./option-values.ts";

it("numbers are decimal digits in range", () => {
  expect([parseCount("1"), parseCount("010"), parsePosition("0")]).toEqual([1, 10, 0]);
  for (const text of ["1e2", "0x10", "+5", "-5", " 5", "5.0", "", "9".repeat(17)]) {
    expect(() => parseCount(text), text).toThrow(/whole number from 1/);
    expect(() => parsePosition(text), text).toThrow(/whole number from 0/);
  }
  expect(() => parseCount("0")).toThrow();
});
