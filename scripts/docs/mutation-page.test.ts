import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../run-step.mjs";
import { codesOf, readPage, rowsOf } from "./markdown.ts";

const PAGE = readPage("docs/reference/mutation.md");
const ROWS = rowsOf(PAGE, "file").map(([name = "", ...figures]) => ({
  name: codesOf(name)[0] ?? name,
  score: figures.at(-1) ?? "",
  counts: figures.slice(0, -1).map(Number),
}));

describe("the page on mutation testing", () => {
  it("has the score of every file of decisions, and of none that there is not", () => {
    const files = readdirSync(join(ROOT, "packages/core/src/decide"));
    const decisions = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
    const others = ["duration.ts", "equal.ts", "names.ts", "all"];
    expect(ROWS.map(({ name }) => name)).toEqual([...decisions.sort(), ...others]);
  });

  it("adds up", () => {
    for (const { name, counts, score } of ROWS) {
      const [all = 0, found = 0, survived = 0, unseen = 0] = counts;
      expect(found + survived + unseen, name).toBe(all);
      if (all > 0) expect(score, name).toBe(`${((100 * found) / all).toFixed(1)} %`);
    }
    const parts = ROWS.slice(0, -1);
    const sumOf = (at: number): number =>
      parts.reduce((sum, { counts }) => sum + (counts[at] ?? 0), 0);
    expect(ROWS.at(-1)?.counts).toEqual([0, 1, 2, 3].map(sumOf));
  });

  it("has a kind for each change that no test finds", () => {
    const [, , survived = 0, unseen = 0] = ROWS.at(-1)?.counts ?? [];
    const kinds = rowsOf(PAGE, "kind").map(([, count]) => Number(count));
    expect(kinds.reduce((sum, count) => sum + count, 0)).toBe(survived + unseen);
  });
});
