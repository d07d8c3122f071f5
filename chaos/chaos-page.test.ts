import { describe, expect, it } from "vitest";
import { codesOf, readPage, rowsOf } from "../scripts/docs/markdown.ts";
import { INVARIANTS } from "./invariants/judge.ts";
import { TROUBLE_KINDS } from "./troubles/trouble-kinds.ts";

const PAGE = readPage("docs/reference/chaos.md");

describe("the page on chaos", () => {
  it("names every kind of trouble, and none that there is not", () => {
    const named = rowsOf(PAGE, "trouble").flatMap(([cell = ""]) => codesOf(cell));
    expect(named).toEqual([...TROUBLE_KINDS]);
  });

  it("names every invariant, and none that there is not", () => {
    const named = rowsOf(PAGE, "promise").map(([promise = "", text = ""]) => `${promise} ${text}`);
    expect(named).toEqual(INVARIANTS.map(({ name }) => name));
  });
});
