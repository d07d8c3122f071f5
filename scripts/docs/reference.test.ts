import { ERRORS } from "@conveyor-ci/core";
import { describe, expect, it } from "vitest";
import { helpOf } from "./commands-section.ts";
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

  it("names every setting of the server with its variable, and none that does not exist", () => {
    const rows = rowsOf(readPage("docs/reference/configuration.md"), "setting");
    const page = rows.map(
      ([flag = "", variable = ""]) => `${codesOf(flag)[0]} ${codesOf(variable)[0]}`,
    );
    const help = helpOf(["up"]).replace(/\nGlobal Options:[^]*/, "");
    const flags = [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map((match) => match[1] ?? "");
    const code = flags
      .filter((flag) => flag !== "--help" && flag !== "--config")
      .map((flag) => `${flag} CONVEYOR_${flag.slice(2).toUpperCase().replaceAll("-", "_")}`);
    expect(page.sort()).toEqual(code.sort());
  });
});
