// @ts-check
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkStructure } from "./check-structure.mjs";

const TABLE = [
  "| package | what | may import |",
  "|---|---|---|",
  "| `core` | nouns | nothing |",
  "| `engine` | loops | `core`; tests: `testkit` |",
  "| `server` | http | `engine/ports`; main: `testkit` |",
].join("\n");

let root = "";

/** @param {Record<string, string | object>} files */
function write(files) {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    const text = typeof content === "string" ? content : JSON.stringify(content);
    writeFileSync(join(root, path), text);
  }
}

/** @param {Record<string, string | object>} files */
function violations(files) {
  write(files);
  return checkStructure(root).map(({ path, line, rule }) => `${path}:${line} ${rule}`);
}

/** @param {string} name @param {string[]} dependencies */
function manifest(name, dependencies) {
  return {
    name: `@conveyor-ci/${name}`,
    dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, "1.0.0"])),
  };
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "structure-"));
  write({
    "package.json": { name: "root", devDependencies: { vitest: "1.0.0" } },
    "ARCHITECTURE.md": TABLE,
    "packages/core/package.json": manifest("core", []),
    "packages/engine/package.json": manifest("engine", ["@conveyor-ci/core", "ajv"]),
    "packages/server/package.json": manifest("server", ["@conveyor-ci/engine"]),
  });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("the structure check", () => {
  it("accepts what the table and the package.json allow", () => {
    const engine = 'import { a } from "@conveyor-ci/core";\nimport Ajv from "ajv/2020";\n';
    const server = 'import type { Clock } from "@conveyor-ci/engine/ports";\n';
    expect(
      violations({
        "packages/engine/src/index.ts": `${engine}import "node:fs";\nimport "./loop.ts";\n`,
        "packages/engine/src/loop.ts": "export {};\n",
        "packages/server/src/index.ts": server,
      }),
    ).toEqual([]);
  });

  it("refuses a sibling that the table does not name", () => {
    expect(
      violations({
        "packages/engine/src/a.ts": '\nexport * from "@conveyor-ci/server";\n',
        "packages/server/src/b.ts": 'import("@conveyor-ci/engine");\n',
      }),
    ).toEqual(["packages/engine/src/a.ts:2 import", "packages/server/src/b.ts:1 import"]);
  });

  it("allows a clause for main and for tests only there", () => {
    const line = 'import "@conveyor-ci/testkit";\n';
    write({
      "packages/engine/package.json": {
        ...manifest("engine", []),
        devDependencies: { "@conveyor-ci/testkit": "1.0.0" },
      },
    });
    expect(
      violations({
        "packages/engine/src/a.ts": line,
        "packages/engine/src/a.test.ts": line,
        "packages/engine/src/main.ts": line,
      }),
    ).toEqual(["packages/engine/src/a.ts:1 import", "packages/engine/src/main.ts:1 import"]);
  });

  it("refuses an external import that the package does not declare", () => {
    expect(
      violations({
        "packages/engine/src/a.ts": 'import "fastify";\nimport "vitest";\n',
        "packages/engine/src/a.test.ts": 'import "vitest";\n',
      }),
    ).toEqual(["packages/engine/src/a.ts:1 dependency", "packages/engine/src/a.ts:2 dependency"]);
  });

  it("refuses every import in core but its own files", () => {
    expect(
      violations({ "packages/core/src/a.ts": 'import "./b.ts";\nimport "node:fs";\n' }),
    ).toEqual(["packages/core/src/a.ts:2 pure"]);
  });

  it("refuses a relative import that leaves the package", () => {
    expect(
      violations({
        "packages/engine/src/a.ts": 'import "../../core/src/a.ts";\n',
        "e2e/story.ts": 'import "../packages/core/src/a.ts";\n',
      }),
    ).toEqual(["e2e/story.ts:1 boundary", "packages/engine/src/a.ts:1 boundary"]);
  });

  it("refuses a dependency in package.json that the table does not name", () => {
    expect(
      violations({ "packages/core/package.json": manifest("core", ["@conveyor-ci/engine"]) }),
    ).toEqual(["packages/core/package.json:1 dependency"]);
  });

  it("tells a cycle once", () => {
    expect(
      violations({
        "packages/core/src/a.ts": 'import "./b.ts";\n',
        "packages/core/src/b.ts": 'import "./c.ts";\n',
        "packages/core/src/c.ts": 'import "./b.ts";\n',
      }),
    ).toEqual(["packages/core/src/b.ts:1 cycle"]);
  });

  it("refuses names that say nothing, long files and marks", () => {
    expect(
      violations({
        "packages/core/src/utils.ts": "",
        "packages/core/src/runState.ts": "",
        "packages/core/src/driver-manager.ts": "",
        "packages/core/src/long.ts": "\n".repeat(400).concat("export {};\n"),
        "packages/core/src/long.test.ts": "\n".repeat(500).concat("export {};\n"),
        "packages/core/src/mark.ts": "\n// TODO: later\n",
      }),
    ).toEqual([
      "packages/core/src/long.ts:401 size",
      "packages/core/src/mark.ts:2 mark",
      "packages/core/src/runState.ts:1 name",
      "packages/core/src/utils.ts:1 name",
    ]);
  });

  it("honours an exception, and refuses one that excuses nothing", () => {
    expect(
      violations({
        "packages/core/src/utils.ts": "",
        "scripts/structure-exceptions.json": [
          { path: "packages/core/src/utils.ts", rule: "name", reason: "shown" },
          { path: "packages/core/src/gone.ts", rule: "name", reason: "stale" },
        ],
      }),
    ).toEqual(["scripts/structure-exceptions.json:1 exception"]);
  });

  it("fails when the table is missing", () => {
    expect(violations({ "ARCHITECTURE.md": "# Architecture\n" })).toEqual([
      "ARCHITECTURE.md:1 import",
    ]);
  });
});
