// @ts-check
/** Reads the table of packages in ARCHITECTURE.md: who may import whom. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isTest } from "./sources.mjs";

/**
 * @typedef {{ everywhere: string[], main: string[], tests: string[] }} Allowed
 * @typedef {Map<string, Allowed>} AllowedImports
 */

/** @param {string} text */
function namesIn(text) {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
}

/**
 * @param {string} cell for example "`core`, `engine`; main: `storage-sqlite`"
 * @returns {Allowed}
 */
function parseCell(cell) {
  /** @type {Allowed} */
  const allowed = { everywhere: [], main: [], tests: [] };
  for (const clause of cell.split(";")) {
    const place = /^\s*(main|tests):/.exec(clause)?.[1];
    const list = place === "main" || place === "tests" ? allowed[place] : allowed.everywhere;
    list.push(...namesIn(clause));
  }
  return allowed;
}

/**
 * @param {string} root
 * @returns {AllowedImports} empty when the table is missing
 */
export function readAllowedImports(root) {
  const file = join(root, "ARCHITECTURE.md");
  /** @type {AllowedImports} */
  const table = new Map();
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  const head = lines.findIndex((line) => /^\|\s*package\s*\|.*\|\s*may import\s*\|/.test(line));
  if (head < 0) return table;
  for (const line of lines.slice(head + 2)) {
    if (!line.startsWith("|")) break;
    const cells = line.split("|").slice(1, -1);
    for (const name of namesIn(cells[0] ?? "")) table.set(name, parseCell(cells.at(-1) ?? ""));
  }
  return table;
}

/**
 * Whether a file of a package may import `target`, such as `core` or `engine/ports`.
 * An entry without a path allows every entry point of that package.
 *
 * @param {Allowed} allowed
 * @param {string} path
 * @param {string} target
 */
export function isAllowed(allowed, path, target) {
  const inMain = /^packages\/[^/]+\/src\/main(\.ts$|\/)/.test(path);
  const names = [
    ...allowed.everywhere,
    ...(inMain ? allowed.main : []),
    ...(isTest(path) ? [...allowed.main, ...allowed.tests] : []),
  ];
  return names.includes(target) || names.includes(target.split("/")[0] ?? "");
}
