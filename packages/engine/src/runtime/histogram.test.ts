import { expect, it } from "vitest";
import { Histogram } from "./histogram.ts";

it("a duration counts in every bucket that it is not longer than, and in the sum", () => {
  const histogram = new Histogram([0.01, 0.1, 1]);
  for (const seconds of [0.01, 0.05, 0.5, 5]) histogram.add(seconds);
  const { buckets, count, seconds } = histogram.figures();
  expect(buckets).toEqual([
    { upTo: 0.01, count: 1 },
    { upTo: 0.1, count: 2 },
    { upTo: 1, count: 3 },
  ]);
  expect(count).toBe(4);
  expect(seconds).toBeCloseTo(5.56);
});
