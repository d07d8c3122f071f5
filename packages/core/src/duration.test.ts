import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_DURATION_MS, parseDurationMs } from "./duration.ts";

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

describe("durations", () => {
  it("are a whole number and a unit, up to 30 days", () => {
    const unit = fc.constantFrom("ms", "s", "m", "h");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 9 }), unit, (count, name) => {
        const ms = count * UNITS[name];
        expect(parseDurationMs(`${count}${name}`)).toBe(ms <= MAX_DURATION_MS ? ms : undefined);
      }),
    );
    expect(parseDurationMs("720h")).toBe(MAX_DURATION_MS);
    expect(parseDurationMs("721h")).toBeUndefined();
  });

  it("are nothing else", () => {
    for (const text of [
      "",
      "5",
      "s",
      "0s",
      "-1s",
      "1.5s",
      "1 s",
      "1S",
      "1d",
      "01s",
      "1s\n",
      "1h30m",
    ]) {
      expect(parseDurationMs(text), text).toBeUndefined();
    }
  });

  it("never throw, whatever the text", () => {
    fc.assert(fc.property(fc.string(), (text) => parseDurationMs(text) !== Number.NaN));
  });
});
