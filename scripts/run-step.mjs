// @ts-check
/** Runs one program of the tool chain as a child process. Uses nothing but Node itself. */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Runs `command` in the repository's root and answers its exit code (1 when a signal ended it).
 * With `quiet` its output is printed only when it fails.
 *
 * @param {readonly string[]} command
 * @param {{ quiet?: boolean, env?: Record<string, string> }} [options]
 * @returns {Promise<number>}
 */
export function runStep(command, { quiet = false, env = {} } = {}) {
  const [program = process.execPath, ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ["inherit", quiet ? "pipe" : "inherit", quiet ? "pipe" : "inherit"],
    });
    /** @type {Buffer[]} */
    const output = [];
    child.stdout?.on("data", (chunk) => output.push(chunk));
    child.stderr?.on("data", (chunk) => output.push(chunk));
    child.on("error", (error) => {
      console.error(`${program} could not be started: ${error.message}`);
      resolve(1);
    });
    child.on("close", (code) => {
      if (code !== 0) process.stdout.write(Buffer.concat(output));
      resolve(code ?? 1);
    });
  });
}

/**
 * The command line of a program that is installed in the repository.
 *
 * @param {string} script path below node_modules
 * @param {...string} args
 */
export function installed(script, ...args) {
  return [process.execPath, join(ROOT, "node_modules", script), ...args];
}
