// @ts-check
/**
 * Says what is wrong with the packages as npm would publish them. `node scripts/pack-packages.mjs`
 *
 * P1 A package holds its manifest, README, LICENSE, what the compiler made of its sources, and the
 *    parts of its bundle with the licences of what is inside.
 * P2 Everything that its manifest promises is in it, types included.
 * P3 Nothing in its manifest depends on this repository: it works from the registry alone.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./run-step.mjs";

/**
 * @typedef {{ name: string, filename: string, files: { path: string }[] }} Packed
 * @typedef {{ types?: string, default?: string } | string} Entry
 * @typedef {{ private?: boolean, name: string, version: string, description?: string,
 *   license?: string, engines?: object, exports?: Record<string, Entry>,
 *   bin?: Record<string, string>, publishConfig?: { access?: string },
 *   dependencies?: Record<string, string> }} Manifest
 */

const PROMISED = ["package.json", "README.md", "LICENSE"];

/** @param {string} directory */
function readManifest(directory) {
  const text = readFileSync(join(ROOT, directory, "package.json"), "utf8");
  return /** @type {Manifest} */ (JSON.parse(text));
}

/** Directories of the packages that are published. */
export function publicPackages() {
  return readdirSync(join(ROOT, "packages"))
    .map((name) => `packages/${name}`)
    .filter((directory) => existsSync(join(ROOT, directory, "package.json")))
    .filter((directory) => readManifest(directory).private !== true);
}

/**
 * Packs the public packages, in the order of `publicPackages`; into a directory, or only for show.
 *
 * @param {string} [destination]
 * @returns {Packed[]}
 */
export function packPackages(destination) {
  const where = destination === undefined ? ["--dry-run"] : ["--pack-destination", destination];
  const packages = publicPackages().map((directory) => `./${directory}`);
  const args = ["pack", "--json", "--ignore-scripts", ...where, ...packages];
  const { status, stdout, stderr } = spawnSync("npm", args, { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  return JSON.parse(stdout);
}

/**
 * P1
 *
 * @param {string} directory
 * @param {Set<string>} files
 */
function strayFiles(directory, files) {
  return [...files]
    .filter((path) => !PROMISED.includes(path))
    .filter((path) => {
      if (/^dist\/(?:bundle-.*\.js|third-party-licenses\.txt)$/.test(path)) return false;
      const stem = /^dist\/(.*?)(?:\.d)?\.[jt]s$/.exec(path)?.[1];
      return stem === undefined || !existsSync(join(ROOT, directory, "src", `${stem}.ts`));
    })
    .map((path) => `${path} does not belong into the package`);
}

/**
 * P2
 *
 * @param {Manifest} manifest
 * @param {Set<string>} files
 */
function missingFiles({ exports = {}, bin = {} }, files) {
  const entries = Object.values(exports).flatMap((entry) =>
    typeof entry === "string" ? [entry] : [entry.types ?? "types", entry.default ?? "default"],
  );
  return [...PROMISED, ...entries, ...Object.values(bin)]
    .map((path) => path.replace(/^\.\//, ""))
    .filter((path) => !files.has(path))
    .map((path) => `${path} is missing`);
}

/**
 * P3
 *
 * @param {Manifest} manifest
 * @param {ReadonlyMap<string, string>} versions of the public packages
 */
function wrongMetadata(manifest, versions) {
  const { name, description, license, engines, publishConfig, dependencies = {} } = manifest;
  const wrong = Object.entries(dependencies)
    .filter(([other, range]) =>
      other.startsWith("@conveyor-ci/")
        ? versions.get(other) !== range
        : !/^[~^]?\d+\.\d+\.\d+$/.test(range),
    )
    .map(([other, range]) => `the dependency ${other} is not in the registry as ${range}`);
  if (!description) wrong.push("description is missing");
  if (license !== "MIT") wrong.push("license is not MIT");
  if (engines === undefined) wrong.push("engines is missing");
  if (publishConfig?.access !== "public") wrong.push(`${name} would not be public`);
  return wrong;
}

/**
 * Everything that is wrong, one line for each.
 *
 * @returns {string[]}
 */
export function checkPackages() {
  const packages = publicPackages();
  const manifests = packages.map(readManifest);
  const versions = new Map(manifests.map(({ name, version }) => [name, version]));
  return packPackages().flatMap((packed, index) => {
    const directory = packages[index] ?? "";
    const manifest = manifests[index];
    if (manifest?.name !== packed.name) return [`${directory} was packed as ${packed.name}`];
    const files = new Set(packed.files.map(({ path }) => path));
    return [
      ...strayFiles(directory, files),
      ...missingFiles(manifest, files),
      ...wrongMetadata(manifest, versions),
    ].map((text) => `${directory}: ${text}`);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const wrong = checkPackages();
  for (const line of wrong) console.log(line);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}
