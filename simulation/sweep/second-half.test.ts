import { expect, it } from "vitest";
import { simulate, textOf } from "../simulate.ts";

/** A busy machine may take its time; the number of histories is what bounds the test. */
it("no promise is broken in the second 5,000 histories", { timeout: 600_000 }, async () => {
  const { failures, seen } = await simulate({ seed: 15_001, histories: 5_000 });
  expect(failures.map(textOf)).toEqual([]);
  // A check that never has its case before it cannot fail.
  expect([...seen].filter(([, times]) => times === 0)).toEqual([]);
});
