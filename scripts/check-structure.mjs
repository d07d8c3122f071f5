// @ts-check
/**
 * Checks the structure that ARCHITECTURE.md and the rules of style promise, and prints one line
 * `path:line rule: text` for each violation. `node scripts/check-structure.mjs [root]`
 *
 * Rules: import, dependency, pure, boundary, cycle, name, size, mark. An exception stands in
 * scripts/structure-exceptions.json with its reason; one that excuses nothing is a violation too.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./run-step.mjs";
import { checkCycles } from "./structure/cycles.mjs";
import { checkNames, checkSizes } from "./structure/files.mjs";
import { checkImports } from "./structure/imports.mjs";
import { checkManifests } from "./structure/manifests.mjs";
import { checkMarks } from "./structure/marks.mjs";
import { readSources } from "./structure/sources.mjs";

/**
 * @typedef {import("./structure/sources.mjs").Violation} Violation
 * @typedef {{ path: string, rule: string, reason: string }} Exception
 */

const EXCEPTIONS = "scripts/structure-exceptions.json";
const CHECKS = [checkImports, checkManifests, checkCycles, checkNames, checkSizes, checkMarks];

/**
 * @param {string} root
 * @returns {Exception[]}
 */
function readExceptions(root) {
  const file = join(root, EXCEPTIONS);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
}

/**
 * Everything that breaks a rule below `root`, ordered by place.
 *
 * @param {string} root
 * @returns {Violation[]}
 */
export function checkStructure(root) {
  const sources = readSources(root);
  const found = CHECKS.flatMap((check) => check(root, sources));
  const exceptions = readExceptions(root);
  const stale = exceptions
    .filter(({ path, rule }) => !found.some((one) => one.path === path && one.rule === rule))
    .map(({ path, rule }) => ({
      path: EXCEPTIONS,
      line: 1,
      rule: "exception",
      text: `${path} no longer breaks the rule "${rule}"`,
    }));
  return found
    .filter((one) => !exceptions.some(({ path, rule }) => one.path === path && one.rule === rule))
    .concat(stale)
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const violations = checkStructure(process.argv[2] ?? ROOT);
  for (const { path, line, rule, text } of violations) {
    console.log(`${path}:${line} ${rule}: ${text}`);
  }
  process.exitCode = violations.length === 0 ? 0 : 1;
}
