import { describe, expect, it } from "vitest";
import { ERRORS } from "@conveyor-ci/core";
import { generatedPages } from "./generated-pages.ts";
import { codesOf, readPage, rowsOf } from "./markdown.ts";

describe("the reference", () => {
  it.each(generatedPages())("$path says what the code says", ({ path, text }) => {
    const hint = "node scripts/run-ts.mjs scripts/write-reference.ts writes it anew";
    expect(readPage(path), hint).toBe(text);
  });

  it("explains every error code with its status, and none that does not exist", () => {
    const rows = rowsOf(readPage("docs/reference/errors.md"), "code");
    const page = rows.map(([code = "", status = ""]) => `${codesOf(code)[0]} ${status}`);
    const code = Object.entries(ERRORS).map(([name, { status }]) => `${name} ${status}`);
    expect(page.sort()).toEqual(code.sort());
  });

  it("says of every error when it comes", () => {
    const rows = rowsOf(readPage("docs/reference/errors.md"), "code");
    expect(rows.filter(([, , when = ""]) => when === "")).toEqual([]);
  });
});
