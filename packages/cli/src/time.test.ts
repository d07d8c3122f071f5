import { expect, it } from "vitest";
import { spanText } from "./time.ts";

it.each([
  [850, "850ms"],
  [12_900, "12s"],
  [184_000, "3m4s"],
  [7_200_000, "2h"],
  [273_600_000, "3d4h"],
  [-5, "0ms"],
])("%i ms are read as %s", (durationMs, text) => {
  expect(spanText(durationMs)).toBe(text);
});
