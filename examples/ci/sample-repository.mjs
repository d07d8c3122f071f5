// @ts-check
/** A small repository to begin with, and changes of it: sound, broken, endless. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { git } from "./repository/git.mjs";

/** @typedef {Readonly<Record<string, string>>} Files by their names */

const TEST = `import { greet } from "./greet.js";

const said = greet("Ada");
console.log(\`greet("Ada") says: \${said}\`);
if (said !== "Hello, Ada!") {
  console.error('not ok: it has to say "Hello, Ada!"');
  process.exitCode = 1;
}
`;

/** @type {Files} */
const FIRST = {
  "package.json": `${JSON.stringify({ name: "shop", type: "module", private: true }, null, 2)}\n`,
  "ci.json": `${JSON.stringify({ test: ["node", "greet.test.js"] })}\n`,
  "greet.js": "export const greet = (name) => `Hello, ${name}!`;\n",
  "greet.test.js": TEST,
};

/** @type {Readonly<Record<"sound" | "broken" | "endless", Files>>} */
export const changes = {
  sound: { "README.md": "Greets everybody by name.\n" },
  broken: { "greet.js": "export const greet = () => `Hello!`;\n" },
  endless: {
    "ci.json": `${JSON.stringify({ test: ["sh", "-c", "echo waiting; sleep 600 & wait"] })}\n`,
  },
};

/**
 * Writes files and commits them.
 *
 * @param {string} directory
 * @param {{ files: Files, message: string }} commit
 * @returns {string} its id
 */
export function commitFiles(directory, { files, message }) {
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory, name), content);
  }
  const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@localhost"];
  git(directory, "add", "--all");
  git(directory, "-c", "commit.gpgsign=false", ...identity, "commit", "--quiet", "-m", message);
  return git(directory, "rev-parse", "HEAD");
}

/**
 * Gives an empty bare repository its first commit, on `main`.
 *
 * @param {string} bare
 */
export function fillRepository(bare) {
  const directory = mkdtempSync(join(tmpdir(), "conveyor-ci-first-"));
  try {
    git(directory, "init", "--quiet", "--initial-branch=main");
    commitFiles(directory, { files: FIRST, message: "Greet by name" });
    // Not a push, so that no hook runs.
    git(bare, "fetch", "--quiet", directory, "main:main");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
