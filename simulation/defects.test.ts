import { describe, expect, it } from "vitest";
import { createDefect, DEFECT_NAMES } from "./defects.ts";
import { simulate } from "./simulate.ts";

/** Enough for the rarest of the defects to be met. */
const HISTORIES = 300;

/** A busy machine may take its time; the number of histories is what bounds the tests. */
describe("the simulation finds", { timeout: 120_000 }, () => {
  it.each(DEFECT_NAMES)("%s", async (name) => {
    const { failures } = await simulate({
      seed: 1,
      histories: HISTORIES,
      defect: () => createDefect(name),
      maxFailures: 1,
    });
    expect(failures.map(({ broken }) => broken.length > 0)).toEqual([true]);
  });
});
