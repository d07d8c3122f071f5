// @ts-check
/**
 * Brings a checkout to a state in which its programs can run: dependencies installed as the lock
 * file says, every package built. Works in a fresh checkout, so it uses nothing but Node itself.
 *
 * `npm run build` runs it; `npm test` and `npm start` import it.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { installed, ROOT, runStep } from "./run-step.mjs";

/** @typedef {{ version?: string, integrity?: string, link?: boolean, optional?: boolean }} LockEntry */

/**
 * @param {string} file
 * @returns {Record<string, LockEntry>}
 */
function lockedPackages(file) {
  return JSON.parse(readFileSync(join(ROOT, file), "utf8")).packages;
}

/** Whether node_modules holds what package-lock.json names; npm records what it installed there. */
export function isInstalled() {
  const record = "node_modules/.package-lock.json";
  if (!existsSync(join(ROOT, record))) return false;
  const present = lockedPackages(record);
  return Object.entries(lockedPackages("package-lock.json"))
    .filter(([path]) => path.includes("node_modules/"))
    .every(([path, wanted]) => {
      const found = present[path];
      if (found === undefined) return wanted.optional === true;
      return found.version === wanted.version && found.integrity === wanted.integrity;
    });
}

/**
 * Installs the locked dependencies unless they are there already.
 *
 * @param {{ quiet?: boolean }} [options]
 * @returns {Promise<boolean>} whether they are there now
 */
export async function install({ quiet = false } = {}) {
  if (isInstalled()) return true;
  // Under `npm run` npm names its own program; Windows cannot start `npm` without a shell.
  const npm = process.env["npm_execpath"];
  const command = npm?.endsWith(".js") ? [process.execPath, npm] : ["npm"];
  const options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  return (await runStep([...command, ...options], { quiet })) === 0;
}

/** The command's program is made by the build, too late for npm to link it. */
function linkCommand() {
  const program = join(ROOT, "packages/cli/dist/main.js");
  if (!existsSync(program)) return;
  chmodSync(program, 0o755);
  const link = join(ROOT, "node_modules/.bin/conveyor");
  if (existsSync(link)) return;
  mkdirSync(join(ROOT, "node_modules/.bin"), { recursive: true });
  symlinkSync("../@conveyor-ci/cli/dist/main.js", link);
}

/** Parts of a bundle beside the compiler's output, which the bundler itself removes. */
const BUNDLE_PART = /^bundle-/;

/** The compiler leaves what it made of a source that is gone; it would be published. */
function pruneOutputs() {
  for (const name of readdirSync(join(ROOT, "packages"))) {
    const dist = join(ROOT, "packages", name, "dist");
    if (!existsSync(dist)) continue;
    for (const path of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
      const stem = /^(.*?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(path)?.[1];
      if (stem === undefined || BUNDLE_PART.test(stem)) continue;
      if (!existsSync(join(ROOT, "packages", name, "src", `${stem}.ts`))) rmSync(join(dist, path));
    }
  }
}

/**
 * Builds every package that changed.
 *
 * @param {{ quiet?: boolean }} [options]
 * @returns {Promise<boolean>} whether it worked
 */
export async function build({ quiet = false } = {}) {
  const worker = join(ROOT, "packages/driver/build-worker.mjs");
  if (existsSync(worker) && (await runStep([process.execPath, worker], { quiet })) !== 0) {
    return false;
  }
  const code = await runStep(installed("typescript/bin/tsc", "-b", "--pretty", "false"), { quiet });
  pruneOutputs();
  const bundle = join(ROOT, "packages/cli/build-bundle.mjs");
  const isBundled =
    code === 0 &&
    (!existsSync(bundle) || (await runStep([process.execPath, bundle], { quiet })) === 0);
  linkCommand();
  return isBundled;
}

/**
 * Installs and builds. With `quiet` nothing is printed unless a step fails.
 *
 * @param {{ quiet?: boolean }} [options]
 * @throws {Error} when the install or the build fails; its output has been printed by then
 */
export async function prepare({ quiet = false } = {}) {
  if (!(await install({ quiet }))) throw new Error("the dependencies could not be installed");
  if (!(await build({ quiet }))) throw new Error("the build failed");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    await prepare();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
