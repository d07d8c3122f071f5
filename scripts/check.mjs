// @ts-check
/** The checks that read the code without running it. `npm run check` runs them all. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { prepare } from "./prepare.mjs";
import { installed, ROOT, runStep } from "./run-step.mjs";

/** Each reads the built declarations, so the build comes first. */
const CHECKS = [
  {
    name: "typecheck",
    command: installed("typescript/bin/tsc", "-p", "tsconfig.check.json", "--pretty", "false"),
  },
  { name: "lint", command: installed("eslint/bin/eslint.js", "--max-warnings=0", ".") },
  { name: "format", command: installed("@biomejs/biome/bin/biome", "check") },
  { name: "structure", command: [process.execPath, join(ROOT, "scripts/check-structure.mjs")] },
];

/**
 * Runs every check and prints a line for each.
 *
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runChecks() {
  const results = await Promise.all(
    CHECKS.map(async ({ name, command }) => {
      const passed = (await runStep(command, { quiet: true })) === 0;
      console.log(`${passed ? "ok" : "FAILED"}: ${name}`);
      return passed;
    }),
  );
  const passed = results.filter(Boolean).length;
  return { passed, failed: results.length - passed };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await prepare();
  const { failed } = await runChecks();
  process.exitCode = failed === 0 ? 0 : 1;
}
