import { expect, it } from "vitest";
import { runHistory } from "./run-history.ts";

/**
 * Histories that have found something, with what they found. A seed tells its story as long as the
 * simulation asks for the same things in the same order; what was found has a test of its own, too.
 */
const KEPT: readonly (readonly [seed: number, found: string])[] = [
  [20_005_033, "a tick that the server asked for before it stood still expired who had been heard"],
  [
    20_010_818,
    "a lease that is cancelled and given up in one batch was called lost without a reason",
  ],
  [
    20_008_397,
    "a lease that expires in the batch of its instance's return was called lost too early",
  ],
  [30_035_713, "an instance that was heard of before 20 s of silence were over lost its leases"],
  [40_016_851, "a lease that had expired by silence was called lost when its connection closed"],
];

it.each(KEPT)("history %i holds: %s", async (seed) => {
  expect((await runHistory({ seed })).broken).toEqual([]);
});
