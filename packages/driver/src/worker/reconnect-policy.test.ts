import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reconnectDelayMs } from "./reconnect-policy.ts";

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("reconnectDelayMs", () => {
  it("tries at once, then with full jitter over a second that doubles to half a minute", () => {
    expect(reconnectDelayMs({ attempt: 0, holdsLeases: false }, 0.999)).toBe(0);
    const longest = [1, 2, 3, 4, 5, 6, 7, 1_000].map((attempt) =>
      reconnectDelayMs({ attempt, holdsLeases: false }, 1),
    );
    expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(reconnectDelayMs({ attempt: 5, holdsLeases: false }, 0)).toBe(0);
  });

  it("never waits longer than three seconds while leases are held", () => {
    fc.assert(
      fc.property(fc.nat(), random, (attempt, chance) => {
        const delayMs = reconnectDelayMs({ attempt, holdsLeases: true }, chance);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(3_000);
      }),
    );
  });
});
