// @ts-check
/**
 * `npm run mutate [-- -m path/to/file.ts]`: changes core's decisions one bit at a time, and says which
 * changes no test finds. Installs what it needs into `mutation/`, where nothing else sees it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT, runStep } from "./run-step.mjs";

const HOME = join(ROOT, "mutation");
const STRYKER = join(HOME, "node_modules/@stryker-mutator/core/bin/stryker.js");

async function mutate() {
  if (!existsSync(STRYKER)) {
    // The peer `vitest` is the repository's own.
    const npm = process.env["npm_execpath"];
    const command = npm?.endsWith(".js") ? [process.execPath, npm] : ["npm"];
    const options = ["--prefix", HOME, "--ignore-scripts", "--legacy-peer-deps", "--no-audit"];
    const code = await runStep([...command, "ci", ...options]);
    if (code !== 0) return code;
  }
  const config = join(HOME, "stryker.config.json");
  return runStep([process.execPath, STRYKER, "run", config, ...process.argv.slice(2)]);
}

process.exitCode = await mutate();
