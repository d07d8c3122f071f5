// @ts-check
/** Finds the repository's own source files and reads what each imports. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, extname, join, relative, sep } from "node:path";
import ts from "typescript";

/**
 * @typedef {{ specifier: string, line: number }} Import
 * @typedef {{ path: string, text: string, imports: Import[] }} Source path from the root, with `/`
 * @typedef {{ name: string, directory: string, dependencies: Set<string>, devDependencies: Set<string> }} Workspace
 * @typedef {{ path: string, line: number, rule: string, text: string }} Violation
 */

const TREES = ["packages", "e2e", "examples", "bench", "chaos", "simulation", "scripts"];
const CODE = new Set([".ts", ".mts", ".mjs", ".js"]);
const SKIPPED = new Set(["node_modules", "dist", "coverage"]);

/**
 * @param {string} directory
 * @returns {string[]}
 */
function listFiles(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      return SKIPPED.has(entry.name) || entry.name.startsWith(".") ? [] : listFiles(path);
    }
    return CODE.has(extname(entry.name)) ? [path] : [];
  });
}

/**
 * The line of an offset, counted from 1.
 *
 * @param {string} text
 * @param {number} offset
 */
export function lineAt(text, offset) {
  return text.slice(0, offset).split("\n").length;
}

/**
 * @param {string} root
 * @returns {Source[]}
 */
export function readSources(root) {
  return TREES.flatMap((tree) => listFiles(join(root, tree)))
    .filter((file) => !file.includes(".generated."))
    .map((file) => {
      const text = readFileSync(file, "utf8");
      const imports = ts
        .preProcessFile(text, true, true)
        .importedFiles.map(({ fileName, pos }) => ({
          specifier: fileName,
          line: lineAt(text, pos),
        }));
      return { path: relative(root, file).split(sep).join("/"), text, imports };
    });
}

/**
 * @param {string} root
 * @param {string} directory from the root; "" is the root itself
 * @returns {Workspace | undefined}
 */
function readWorkspace(root, directory) {
  const file = join(root, directory, "package.json");
  if (!existsSync(file)) return undefined;
  const { name, dependencies, peerDependencies, devDependencies } = JSON.parse(
    readFileSync(file, "utf8"),
  );
  return {
    name,
    directory,
    dependencies: new Set(Object.keys({ ...dependencies, ...peerDependencies })),
    devDependencies: new Set(Object.keys(devDependencies ?? {})),
  };
}

/**
 * Every package of the repository, the root last.
 *
 * @param {string} root
 * @returns {Workspace[]}
 */
export function readWorkspaces(root) {
  const nested = ["packages", "examples"].flatMap((tree) =>
    existsSync(join(root, tree))
      ? readdirSync(join(root, tree)).map((name) => `${tree}/${name}`)
      : [],
  );
  return [...nested, "bench", ""].flatMap((directory) => readWorkspace(root, directory) ?? []);
}

/**
 * The workspace that a file belongs to.
 *
 * @param {readonly Workspace[]} workspaces
 * @param {string} path
 */
export function ownerOf(workspaces, path) {
  return workspaces.find(({ directory }) => directory === "" || path.startsWith(`${directory}/`));
}

/**
 * @param {string} path
 */
export function isTest(path) {
  return /\.test\.[a-z]+$|\/src\/testing\//.test(path);
}

/**
 * The path from the root that a relative import names.
 *
 * @param {string} from
 * @param {string} specifier
 */
export function resolveRelative(from, specifier) {
  return join(dirname(from), specifier).split(sep).join("/");
}
