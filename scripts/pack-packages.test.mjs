// @ts-check
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkPackages, packPackages, publicPackages } from "./pack-packages.mjs";
import { installed, ROOT } from "./run-step.mjs";

/** Every entry that the packages offer, each with something it exports. */
const CONSUMER = `
  import { isName } from "@conveyor-ci/core";
  import { ROUTES } from "@conveyor-ci/contract";
  import { OUTCOME_HEADER } from "@conveyor-ci/contract/headers";
  import { MAX_LIMIT } from "@conveyor-ci/contract/limits";
  import { createClient } from "@conveyor-ci/client";
  import { defineDriver, DriverManager } from "@conveyor-ci/driver";
  import { InProcessDriver } from "@conveyor-ci/driver/in-process";
  import { createEngine } from "@conveyor-ci/engine";
  import { systemClock } from "@conveyor-ci/engine/ports";
  import { createControlPlane } from "@conveyor-ci/server";
  import { readHello } from "@conveyor-ci/server/drivers";
  import { startServer } from "@conveyor-ci/server/main";
  import { openSqliteStorage } from "@conveyor-ci/storage-sqlite";
  import { createTestControlPlane } from "@conveyor-ci/testkit";
  export const used: readonly [boolean, string, number, number] = [
    isName("a"), OUTCOME_HEADER, MAX_LIMIT, ROUTES.length,
  ];
  export const made = [
    createClient, defineDriver, DriverManager, InProcessDriver, createEngine, systemClock,
    createControlPlane, readHello, startServer, openSqliteStorage, createTestControlPlane,
  ];
`;

describe("the packages as npm would publish them", () => {
  /** Below the repository, so that what others published is found in its node_modules. */
  const cache = join(ROOT, "node_modules/.cache/conveyor");
  let directory = "";
  beforeEach(() => {
    mkdirSync(cache, { recursive: true });
    directory = mkdtempSync(join(cache, "packed-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("hold what they promise and nothing else, and need nothing but the registry", {
    timeout: 60_000,
  }, () => {
    expect(checkPackages()).toEqual([]);
  });

  it("carry the licence of the repository", () => {
    const text = readFileSync(join(ROOT, "LICENSE"), "utf8");
    for (const name of publicPackages()) {
      expect(readFileSync(join(ROOT, name, "LICENSE"), "utf8"), name).toBe(text);
    }
  });

  it("have types that resolve from outside, without an error in them", { timeout: 180_000 }, () => {
    for (const { name, filename } of packPackages(directory)) {
      const target = join(directory, "node_modules", name);
      mkdirSync(target, { recursive: true });
      const tarball = join(directory, filename);
      const { status } = spawnSync("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"]);
      expect(status, name).toBe(0);
    }
    writeFileSync(join(directory, "consumer.ts"), CONSUMER);
    writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      module: "nodenext",
      target: "es2023",
      types: ["node"],
      skipLibCheck: false,
      noEmit: true,
    };
    const config = { compilerOptions, files: ["consumer.ts"] };
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(config));
    const [program = "", ...args] = installed("typescript/bin/tsc", "-p", directory);
    const { stdout } = spawnSync(program, args, { encoding: "utf8" });
    expect(stdout).toBe("");
  });
});
