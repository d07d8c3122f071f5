// @ts-check
/** Driver `command-tester`: runs the command that the commit itself names, where checkout has put it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defineDriver } from "@conveyor-ci/driver";
import { runCommand } from "./run-command.mjs";
import { runDriver } from "./run-driver.mjs";
import { assertIsHere } from "./work-directory.mjs";

const FILE = "ci.json";
const EXAMPLE = '{ "test": ["npm", "test"] }';

const driver = defineDriver({
  name: "command-tester",
  resources: ["repository"],
  async reconcile({ results, logger, signal }) {
    const checkout = results["checkout"]?.data;
    const { directory } = /** @type {import("../platform.mjs").CheckoutData} */ (checkout);
    assertIsHere(directory);
    const command = await readCommand(directory);
    const startedAt = performance.now();
    const end = await runCommand({ command, cwd: directory, logger, signal });
    const durationMs = Math.round(performance.now() - startedAt);
    const { success, exitCode, message } = end;
    return { success, message, data: { command, exitCode, durationMs } };
  },
});

/**
 * @param {string} directory
 * @returns {Promise<string[]>}
 */
async function readCommand(directory) {
  const text = await readFile(join(directory, FILE), "utf8").catch(() => {
    throw new Error(`the commit has no ${FILE}, which says how to test it: ${EXAMPLE}`);
  });
  const command = parseCommand(text);
  if (command !== undefined) return command;
  throw new Error(`${FILE} must look like ${EXAMPLE}`);
}

/**
 * @param {string} text
 * @returns {string[] | undefined}
 */
function parseCommand(text) {
  try {
    const { test } = JSON.parse(text);
    const isCommand = Array.isArray(test) && test.every((word) => typeof word === "string");
    return isCommand && test.length > 0 ? test : undefined;
  } catch {
    return undefined;
  }
}

// Tests take what they can get of the machine: one after the other.
await runDriver(driver, { concurrency: 1 });
