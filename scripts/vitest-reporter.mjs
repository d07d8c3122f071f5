// @ts-check
/**
 * Counts what vitest ran and writes the counts to the file that CONVEYOR_TEST_COUNTS names.
 * A file or a suite that fails outside its tests (an import, a `beforeAll`) counts as one failure,
 * and so does an unhandled error.
 */
import { writeFileSync } from "node:fs";

/** @typedef {import("vitest/node").Reporter} Reporter */

/** @implements {Reporter} */
export default class CountsReporter {
  /**
   * @param {ReadonlyArray<import("vitest/node").TestModule>} modules
   * @param {ReadonlyArray<unknown>} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const file = process.env["CONVEYOR_TEST_COUNTS"];
    if (file === undefined) return;
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed += 1;
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) counts.failed += 1;
      }
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        // A test still pending when the run has ended was lost with its worker.
        counts[state === "pending" ? "failed" : state] += 1;
      }
    }
    writeFileSync(file, JSON.stringify(counts));
  }
}
