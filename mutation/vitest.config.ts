import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/**
 * The tests by which mutants of core are judged: those of single decisions. Generated histories find
 * more, but take seconds for each mutant.
 */
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["packages/core/src/**/*.test.ts"],
    exclude: ["packages/core/src/decide/histories.test.ts"],
  },
});
