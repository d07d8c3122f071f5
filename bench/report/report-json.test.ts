import { describe, expect, it } from "vitest";
import type { RowResult } from "../row.ts";
import { jsonOf, readReport } from "./report-json.ts";
import { rowsOf, tableOf } from "./table.ts";

const single = (value: number) => ({ kind: "single", value }) as const;

const runs: RowResult = {
  row: "runs",
  loopDelays: [{ p99Ms: 12, maxMs: 40 }],
  figures: [
    {
      figure: {
        id: "runs",
        title: "runs",
        unit: "/s",
        target: { kind: "ratioAtLeast", bound: 0.7 },
      },
      product: [single(800), single(600), single(700)],
      floor: [single(1_000), single(1_000), single(1_000)],
    },
  ],
};
const memory: RowResult = {
  row: "memory",
  loopDelays: [],
  figures: [
    {
      figure: {
        id: "again",
        title: "after twice as many",
        unit: "MB",
        target: { kind: "ratioAtMost", bound: 1.1 },
        base: "once",
      },
      product: [],
      floor: [single(100)],
    },
  ],
};
const report = { configuration: { node: "v20" }, results: [runs, memory] };

describe("a report of measurements", () => {
  it("is the same after it was written as JSON and read", () => {
    expect(tableOf(readReport(jsonOf(report)))).toBe(tableOf(report));
  });

  it("judges the median of the pairs, and tells how late the event loop ran in each row", () => {
    expect(rowsOf([runs])).toEqual([
      expect.arrayContaining(["what", "loop p99"]),
      ["runs", "700 /s", "1,000 /s", "0.70", "≥ 0.7 x floor", "yes", "12.0 ms"],
      expect.arrayContaining(["event loop delay, worst row (runs)", "p99 12.0, max 40.0 ms"]),
    ]);
  });

  it("leaves out what was not measured", () => {
    expect(rowsOf([memory])).toHaveLength(1);
  });
});
