// @ts-check
/** Rules `import`, `dependency`, `pure` and `boundary`: what a file may import. */
import { isBuiltin } from "node:module";
import { isAllowed, readAllowedImports } from "./allowed-imports.mjs";
import { isTest, ownerOf, readWorkspaces, resolveRelative } from "./sources.mjs";

/**
 * @typedef {import("./sources.mjs").Source} Source
 * @typedef {import("./sources.mjs").Violation} Violation
 * @typedef {import("./sources.mjs").Workspace} Workspace
 * @typedef {{ source: Source, owner: Workspace, root: Workspace | undefined, allowedImports: import("./allowed-imports.mjs").AllowedImports }} Context
 */

const SCOPE = "@conveyor-ci/";

/** @param {string} specifier */
function packageOf(specifier) {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/**
 * @param {Context} context
 * @param {string} specifier
 * @returns {[rule: string, text: string] | undefined}
 */
function checkRelative({ source, owner }, specifier) {
  const target = resolveRelative(source.path, specifier);
  const inside =
    owner.directory === ""
      ? !target.startsWith("packages/")
      : target.startsWith(`${owner.directory}/`);
  return inside
    ? undefined
    : ["boundary", `"${specifier}" leaves ${owner.name}; import it by name`];
}

/**
 * @param {Context} context
 * @param {string} specifier
 * @returns {[rule: string, text: string] | undefined}
 */
function checkSibling({ source, owner, allowedImports }, specifier) {
  const target = specifier.slice(SCOPE.length);
  const name = owner.directory.slice("packages/".length);
  const allowed = allowedImports.get(name);
  if (!source.path.startsWith("packages/")) return undefined;
  if (allowed === undefined)
    return ["import", `${name} has no row in the table of ARCHITECTURE.md`];
  if (isAllowed(allowed, source.path, target)) return undefined;
  return ["import", `${name} may not import ${target} (table in ARCHITECTURE.md)`];
}

/**
 * @param {Context} context
 * @param {string} specifier
 * @returns {[rule: string, text: string] | undefined}
 */
function checkDeclared({ source, owner, root }, specifier) {
  const name = packageOf(specifier);
  // A root file (a story, a script) is no part of anything published and may use every workspace.
  if (owner.directory === "" && name.startsWith(SCOPE)) return undefined;
  if (owner.dependencies.has(name) || name === owner.name) return undefined;
  const shipped = owner.directory !== "" && source.path.includes("/src/") && !isTest(source.path);
  const development = new Set([...owner.devDependencies, ...(root?.devDependencies ?? [])]);
  if (!shipped && development.has(name)) return undefined;
  return ["dependency", `${name} is not declared in ${owner.directory || "."}/package.json`];
}

/**
 * @param {Context} context
 * @param {string} specifier
 * @returns {[rule: string, text: string] | undefined}
 */
function checkImport(context, specifier) {
  if (specifier.startsWith(".")) return checkRelative(context, specifier);
  const pure = context.owner.directory === "packages/core" && !isTest(context.source.path);
  if (pure) return ["pure", `core imports nothing, "${specifier}" neither`];
  if (specifier.startsWith("node:")) return undefined;
  if (isBuiltin(specifier)) return ["dependency", `write "node:${specifier}"`];
  const refused = specifier.startsWith(SCOPE) ? checkSibling(context, specifier) : undefined;
  return refused ?? checkDeclared(context, specifier);
}

/**
 * @param {string} root
 * @param {readonly Source[]} sources
 * @returns {Violation[]}
 */
export function checkImports(root, sources) {
  const workspaces = readWorkspaces(root);
  const allowedImports = readAllowedImports(root);
  if (allowedImports.size === 0) {
    const text = "the table `package | what | may import` is missing";
    return [{ path: "ARCHITECTURE.md", line: 1, rule: "import", text }];
  }
  const rootWorkspace = workspaces.find(({ directory }) => directory === "");
  return sources.flatMap((source) => {
    const owner = ownerOf(workspaces, source.path);
    if (owner === undefined) return [];
    const context = { source, owner, root: rootWorkspace, allowedImports };
    return source.imports.flatMap(({ specifier, line }) => {
      const refused = checkImport(context, specifier);
      return refused ? [{ path: source.path, line, rule: refused[0], text: refused[1] }] : [];
    });
  });
}
