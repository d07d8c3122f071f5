// @ts-check
/** Rule `dependency` for each package.json: the table of ARCHITECTURE.md holds there as well. */
import { readAllowedImports } from "./allowed-imports.mjs";
import { readWorkspaces } from "./sources.mjs";

const SCOPE = "@conveyor-ci/";

/** Suites and kits for tests; nothing that users install may bring them along. */
const DEVELOPMENT_ONLY = new Set(["conformance", "testkit"]);

/** @param {string} name */
function withoutPath(name) {
  return name.split("/")[0] ?? name;
}

/**
 * @param {string} root
 * @returns {import("./sources.mjs").Violation[]}
 */
export function checkManifests(root) {
  const table = readAllowedImports(root);
  return readWorkspaces(root).flatMap(({ directory, dependencies }) => {
    const allowed = table.get(directory.replace("packages/", ""));
    if (!directory.startsWith("packages/") || allowed === undefined) return [];
    const names = new Set([...allowed.everywhere, ...allowed.main].map(withoutPath));
    return [...dependencies]
      .filter((dependency) => dependency.startsWith(SCOPE))
      .map((dependency) => dependency.slice(SCOPE.length))
      .filter((target) => !names.has(target) || DEVELOPMENT_ONLY.has(target))
      .map((target) => ({
        path: `${directory}/package.json`,
        line: 1,
        rule: "dependency",
        text: `${target} may not be a dependency (table in ARCHITECTURE.md)`,
      }));
  });
}
