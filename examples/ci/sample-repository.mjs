// @ts-check
/** A real git repository to work on: one commit that is sound, and one that breaks the test. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILES = {
  "package.json": `${JSON.stringify({ name: "greeter", type: "module", private: true }, null, 2)}\n`,
  "greet.js": "export const greet = (name) => `Hello, ${name}!`;\n",
  "greet.test.js": `import { strictEqual } from "node:assert";
import { test } from "node:test";
import { greet } from "./greet.js";

test("greets by name", () => strictEqual(greet("Ada"), "Hello, Ada!"));
`,
};

const BROKEN = { "greet.js": "export const greet = () => `Hello!`;\n" };

/** The command that tests this repository. */
export const testCommand = ["node", "--test"];

/**
 * @param {string} directory
 * @param {readonly string[]} args
 */
function git(directory, ...args) {
  const identity = ["-c", "user.name=Example", "-c", "user.email=example@localhost"];
  const options = ["-c", "commit.gpgsign=false", ...identity];
  return execFileSync("git", [...options, ...args], { cwd: directory, encoding: "utf8" }).trim();
}

/**
 * Writes files and commits them.
 *
 * @param {string} directory
 * @param {Record<string, string>} files
 * @param {string} message
 */
function commitFiles(directory, files, message) {
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(directory, name), content);
  git(directory, "add", "--all");
  git(directory, "commit", "--quiet", "--no-verify", "--message", message);
  return { commit: git(directory, "rev-parse", "HEAD"), message };
}

/**
 * @param {string} directory
 * @returns {{ sound: Commit, broken: Commit }}
 *
 * @typedef {{ commit: string, message: string }} Commit
 */
export function makeRepository(directory) {
  mkdirSync(directory, { recursive: true });
  git(directory, "init", "--quiet");
  return {
    sound: commitFiles(directory, FILES, "Greet by name"),
    broken: commitFiles(directory, BROKEN, "Greet everybody the same"),
  };
}
