import { describe, expect, it } from "vitest";
import { createRandom } from "../random.ts";
import { durationMs } from "./trouble.ts";
import { parseTroubles, TROUBLE_KINDS } from "./trouble-kinds.ts";

describe("a list of troubles", () => {
  it("names kinds with commas between them, or all of them", () => {
    expect(parseTroubles("kill")).toEqual(["kill"]);
    expect(parseTroubles("partition,full-disk")).toEqual(["partition", "full-disk"]);
    expect(parseTroubles("all")).toEqual([...TROUBLE_KINDS]);
  });

  it("is refused with the kinds that there are when it names another", () => {
    expect(() => parseTroubles("kill,flood")).toThrow(/flood; there are kill, partition/);
    expect(() => parseTroubles("")).toThrow();
  });
});

describe("the duration of a trouble", () => {
  it("is below, about or beyond the limits of connections and leases, and never beyond the longest", () => {
    const random = createRandom(1);
    const durations = Array.from({ length: 200 }, () => durationMs({ random, longestMs: 25_000 }));
    expect(durations.some((ms) => ms < 3_000)).toBe(true);
    expect(durations.some((ms) => ms > 9_000 && ms < 16_000)).toBe(true);
    expect(durations.some((ms) => ms > 20_000)).toBe(true);
    expect(Math.max(...durations)).toBe(25_000);
  });
});
