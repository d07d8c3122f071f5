/** What every adapter of the ports `Storage` and `LogStore` must do, as one suite. */
import { afterEach, beforeEach, describe } from "vitest";
import { batchRules } from "./batch-rules.ts";
import { durableRules } from "./durable-rules.ts";
import { lifeRules } from "./life-rules.ts";
import { listRules } from "./list-rules.ts";
import { logRules } from "./log-rules.ts";
import { searchRules } from "./search-rules.ts";
import { type GetWorld, type OpenStorage, World } from "./world.ts";

/**
 * Describes the rules of the storage ports for one adapter. Each test opens a storage of its own and
 * disposes of it.
 *
 * @example
 * storageConformance("MemoryStorage", async ({ now }) => {
 *   const storage = new MemoryStorage({ now });
 *   return { storage, logs: storage.logs, dispose: () => storage.close() };
 * });
 */
export function storageConformance(name: string, open: OpenStorage): void {
  describeRules(name, open, (getWorld) => {
    describe("batches", () => batchRules(getWorld));
    describe("searches", () => searchRules(getWorld));
    describe("lists", () => listRules(getWorld));
    describe("log lines", () => logRules(getWorld));
    describe("lives", () => lifeRules(getWorld));
  });
}

/** The further rules of a storage that outlives its process; `open` says how to reopen it. */
export function durableConformance(name: string, open: OpenStorage): void {
  describeRules(name, open, (getWorld) => {
    describe("what is opened again", () => durableRules(getWorld));
  });
}

function describeRules(name: string, open: OpenStorage, rules: (getWorld: GetWorld) => void): void {
  describe(name, () => {
    let world: World | undefined;
    beforeEach(async () => {
      world = await World.open(open);
    });
    afterEach(async () => {
      await world?.opened.dispose();
      world = undefined;
    });
    rules(() => {
      if (world === undefined) throw new Error("a world is there while a test runs");
      return world;
    });
  });
}
