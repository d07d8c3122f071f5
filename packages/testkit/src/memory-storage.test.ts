import { storageConformance } from "@conveyor-ci/conformance";
import { type Command, DEFAULT_LIMITS, type Rules } from "@conveyor-ci/core";
import { expect, it } from "vitest";
import { MemoryStorage } from "./memory-storage.ts";
import type { Written } from "./memory-tables.ts";

storageConformance("MemoryStorage", async ({ now }) => {
  const storage = new MemoryStorage({ now });
  return { storage, logs: storage.logs, dispose: () => storage.close() };
});

const RULES: Rules = { limits: DEFAULT_LIMITS, validateSpec: () => [] };

function definition(name: string, description: string | null): Command {
  const content = { name, description, version: null, schema: { type: "object" } };
  return { kind: "createDefinition", ns: "default", actor: "a", id: name, content, mode: "apply" };
}

it("the past of a memory storage decides as the storage did, and shares nothing with it", async () => {
  const now = (): number => 1_000;
  let written: readonly Written[] = [];
  const onWrite = (writes: readonly Written[]) => (written = writes);
  const storage = new MemoryStorage({ now, onWrite });
  await storage.batch([definition("app", null), definition("site", null)], RULES);
  const mark = storage.mark();
  const commands = [definition("app", "changed"), definition("tool", null)];
  const result = await storage.batch(commands, RULES);
  expect(written.map(({ before, after }) => [before !== undefined, after !== undefined])).toEqual([
    [true, true],
    [false, true],
  ]);
  const past = storage.past(mark, written, { now });
  const names = () => past.all("definition").map(({ name, description }) => [name, description]);
  expect(names()).toEqual([
    ["app", null],
    ["site", null],
  ]);
  expect(await past.batch(commands, RULES)).toEqual(result);
  await past.batch([definition("late", null)], RULES);
  expect(storage.all("definition")).toHaveLength(3);
});

it("what a test makes of a memory storage's writes is what is stored", async () => {
  const onWrite = (writes: readonly Written[]) => writes.slice(1);
  const storage = new MemoryStorage({ onWrite });
  await storage.batch([definition("app", null), definition("site", null)], RULES);
  expect(storage.all("definition").map(({ name }) => name)).toEqual(["site"]);
});
