import { describe, expect, it } from "vitest";
import { readPage, rowsOf } from "../scripts/docs/markdown.ts";
import { createDefect, DEFECT_NAMES } from "./defects.ts";
import { simulate } from "./simulate.ts";

/** Enough for the rarest of the defects to be met. */
const HISTORIES = 600;

/** What the check says that has to find each defect. */
const SAYS = new Map(
  rowsOf(readPage("docs/reference/simulation.md"), "defect").map(
    ([name = "", , says = ""]) => [name, says] as const,
  ),
);

it("the page on the simulation names every defect, and none that there is not", () => {
  expect([...SAYS.keys()]).toEqual(DEFECT_NAMES);
});

/** A busy machine may take its time; the number of histories is what bounds the tests. */
describe("the simulation finds", { timeout: 120_000 }, () => {
  it.each(DEFECT_NAMES)("%s", async (name) => {
    const { failures } = await simulate({
      seed: 1,
      histories: HISTORIES,
      defect: () => createDefect(name),
      maxFailures: 1,
    });
    const says = SAYS.get(name) ?? "";
    const found = failures.flatMap(({ broken }) => broken);
    expect(found.filter((text) => text.includes(says))).not.toEqual([]);
  });
});
