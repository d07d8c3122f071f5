// @ts-check
import { spawnSync } from "node:child_process";
import { cleanEnvironment } from "../clean-environment.mjs";

/**
 * Runs git in a directory, whatever repository the environment speaks of.
 *
 * @param {string} directory
 * @param {readonly string[]} args
 * @returns {string} what it printed
 * @throws what it said on stderr
 */
export function git(directory, ...args) {
  const { status, stdout, stderr, error } = spawnSync("git", args, {
    cwd: directory,
    env: cleanEnvironment(),
    encoding: "utf8",
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr.trim()}`);
  return stdout.trim();
}

/**
 * @param {string} repository
 * @param {string} branch
 * @returns {string | undefined} the commit at its head; undefined where there is no such branch
 */
export function headOf(repository, branch) {
  const ref = `refs/heads/${branch}`;
  const all = git(repository, "for-each-ref", "--format=%(objectname) %(refname)", ref);
  // A pattern also matches what lies below it.
  const line = all.split("\n").find((one) => one.endsWith(` ${ref}`));
  return line?.split(" ")[0];
}

/**
 * @param {string} repository
 * @returns {string[]}
 */
export function branchesOf(repository) {
  const all = git(repository, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads");
  return all === "" ? [] : all.split("\n");
}
