import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../run-step.mjs";
import { codesOf, listPages, readPage, rowsOf } from "./markdown.ts";

/** The part of a heading's address after `#`, as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function anchorsIn(page: string): string[] {
  return [...readPage(page).matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1] ?? ""));
}

function brokenLinksOf(page: string): string[] {
  const links = [...readPage(page).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : normalize(join(dirname(page), path));
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !anchorsIn(target).includes(anchor);
  });
}

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

function manifests(): Manifest[] {
  const places = ["", "bench", ...["packages", "examples"].flatMap(directoriesIn)];
  return places
    .map((place) => join(ROOT, place, "package.json"))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, "utf8")) as Manifest);
}

function directoriesIn(directory: string): string[] {
  const path = join(ROOT, directory);
  return existsSync(path) ? readdirSync(path).map((name) => `${directory}/${name}`) : [];
}

describe("the documents", () => {
  it.each(listPages())("%s has no broken links", (page) => {
    expect(brokenLinksOf(page)).toEqual([]);
  });

  it.each(listPages())("%s names no file that does not exist", (page) => {
    const codes = codesOf(readPage(page).replace(/^```[^]*?^```/gm, ""));
    const paths = codes.filter((code) =>
      /^(?:packages|scripts|e2e|docs|examples|bench|chaos|soak)\/[\w./-]*$/.test(code),
    );
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("keep the README within 150 lines", () => {
    expect(readPage("README.md").trimEnd().split("\n").length).toBeLessThanOrEqual(150);
  });

  it("name in the table of bounds what the code says", () => {
    const rows = rowsOf(readPage("ARCHITECTURE.md"), "what");
    expect(rows.length).toBeGreaterThan(30);
    const wrong = rows.filter(([, bound = ""]) => {
      const [constant = "", path = ""] = codesOf(bound);
      const file = join(ROOT, path);
      return path === "" || !existsSync(file) || !readFileSync(file, "utf8").includes(constant);
    });
    expect(wrong).toEqual([]);
  });

  it("list every dependency at its version, and none that is gone", () => {
    const rows = rowsOf(readPage("docs/decisions/0004-libraries.md"), "for");
    const page = rows.map(([, pick = ""]) => pick.replaceAll("`", ""));
    const used = manifests().flatMap(({ dependencies, devDependencies }) =>
      Object.entries({ ...dependencies, ...devDependencies }),
    );
    const code = used
      .filter(([name]) => !name.startsWith("@conveyor-ci/"))
      .map(([name, version]) => `${name} ${version}`);
    expect(page.sort()).toEqual([...new Set(code)].sort());
  });
});
