// @ts-check
/**
 * The one command that says whether the repository is sound: install, build, checks, tests.
 *
 * T1 The last line printed is `N passed, M failed` (with `, K skipped` when tests were skipped).
 * T2 It counts every test, and the build and each check as one.
 * T3 The exit code is 0 only when M is 0 and the test runner itself ended well.
 *
 * Arguments are handed to vitest: `npm test -- --project unit packages/core`.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runChecks } from "./check.mjs";
import { build, install } from "./prepare.mjs";
import { installed, runStep } from "./run-step.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * @param {string} file
 * @returns {Counts | undefined}
 */
function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * @param {readonly string[]} args
 * @returns {Promise<Counts>}
 */
async function runTests(args) {
  const directory = mkdtempSync(join(tmpdir(), "conveyor-test-"));
  const file = join(directory, "counts.json");
  const code = await runStep(installed("vitest/vitest.mjs", "run", ...args), {
    env: { CONVEYOR_TEST_COUNTS: file },
  });
  const counts = readCounts(file) ?? { passed: 0, failed: 1, skipped: 0 };
  rmSync(directory, { recursive: true, force: true });
  // The runner can fail though no test did: an unhandled rejection, a worker that died.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** @returns {Promise<Counts>} */
async function runAll() {
  if (!(await install())) return { passed: 0, failed: 1, skipped: 0 };
  const built = await build();
  console.log(`${built ? "ok" : "FAILED"}: build`);
  const checks = await runChecks();
  const tests = await runTests(process.argv.slice(2));
  return {
    passed: tests.passed + checks.passed + (built ? 1 : 0),
    failed: tests.failed + checks.failed + (built ? 0 : 1),
    skipped: tests.skipped,
  };
}

const { passed, failed, skipped } = await runAll();
process.exitCode = failed === 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
