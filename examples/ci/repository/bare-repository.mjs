// @ts-check
/** A bare repository whose pushes go to a control plane. */
import { chmodSync, existsSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { git } from "./git.mjs";
import { assertRepositoryName } from "./resource-name.mjs";

/** @typedef {import("./apply-branch.mjs").Repository} Repository */

const HOOK = fileURLToPath(new URL("post-receive.mjs", import.meta.url));

const PATIENCE_S = 10;

/**
 * Makes the repository where there is none, and its hook anew.
 *
 * @param {string} directory
 * @param {{ server: string }} options
 * @returns {Repository & { isNew: boolean }}
 */
export function makeBareRepository(directory, { server }) {
  const isNew = !existsSync(join(directory, "HEAD"));
  if (isNew) {
    mkdirSync(directory, { recursive: true });
    git(directory, "init", "--bare", "--quiet", "--initial-branch=main");
  }
  git(directory, "config", "conveyor.server", server);
  const repository = findRepository(directory);
  const file = join(directory, "hooks/post-receive");
  mkdirSync(join(directory, "hooks"), { recursive: true });
  writeFileSync(file, `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(HOOK)}\n`);
  chmodSync(file, 0o755);
  return { ...repository, isNew };
}

/**
 * The repository in a directory, by its git configuration: `conveyor.server` is the control plane's
 * address, `conveyor.name` its name there, else that of the directory. No two may share a name.
 * `conveyor.patience` is for how many seconds a push waits for a control plane that is away.
 *
 * @param {string} given
 * @returns {Repository}
 */
export function findRepository(given) {
  const directory = realpathSync(given);
  const name = configOf(directory, "conveyor.name") || basename(directory).replace(/\.git$/, "");
  assertRepositoryName(name);
  return {
    name,
    directory,
    server: configOf(directory, "conveyor.server") || undefined,
    patienceMs: 1_000 * Number(configOf(directory, "conveyor.patience") || PATIENCE_S),
  };
}

/**
 * @param {string} directory
 * @param {string} key
 */
function configOf(directory, key) {
  return git(directory, "config", "--default", "", "--get", key);
}

/** @param {string} text */
function quote(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
