import { describe, expect, it } from "vitest";
import type { Sample } from "./figures.ts";
import { niceTop, plotOf } from "./plot.ts";

const samples = Array.from(
  { length: 3_600 },
  (_, index): Sample => ({
    second: index + 1,
    values: { "server.memory": 100 + (index % 7), ...(index % 10 === 9 ? { "log.p50": 2.5 } : {}) },
  }),
);

describe("the plot of a soak", () => {
  it("has a panel with title and unit for each figure that was recorded, and no other", () => {
    const plot = plotOf(samples, "an hour");
    expect(plot.match(/<polyline/g)).toHaveLength(2);
    expect(plot).toContain("server: resident memory (MB)");
    expect(plot).not.toContain("server: threads");
  });

  it("stays small, however long the soak was", () => {
    const byPoints = /points="([^"]*)"/.exec(plotOf(samples, "an hour"))?.[1]?.split(" ");
    expect(byPoints?.length).toBe(120);
  });

  it("ends its axis at a round number above every value", () => {
    expect([0, 0.3, 1, 3, 130, 460, 870].map(niceTop)).toEqual([1, 0.4, 1, 4, 200, 500, 1_000]);
  });

  it("can be drawn of nothing", () => {
    expect(plotOf([], "nothing")).toContain("</svg>");
  });
});
