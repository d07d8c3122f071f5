import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    reporters: ["default", "./scripts/vitest-reporter.mjs"],
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "packages/*/src/**/*.test.ts",
            "scripts/**/*.test.{ts,mjs}",
            "chaos/**/*.test.ts",
            "soak/**/*.test.ts",
            "bench/**/*.test.ts",
            "simulation/**/*.test.ts",
          ],
          exclude: ["**/node_modules/**", "simulation/sweep/**"],
          pool: "forks",
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Ten thousand histories: each file some of them, so that they share the processors.
        test: {
          name: "simulation",
          include: ["simulation/sweep/**/*.test.ts"],
          pool: "forks",
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Stories start real processes and measure time: they begin when the unit tests have ended.
        test: {
          name: "e2e",
          include: ["e2e/**/*.test.ts", "examples/**/*.test.ts"],
          pool: "forks",
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    passWithNoTests: true,
  },
});
