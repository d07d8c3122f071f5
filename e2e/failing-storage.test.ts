import { join } from "node:path";
import { openSqliteStorage } from "@conveyor-ci/storage-sqlite";
import { MemoryStorage } from "@conveyor-ci/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { createScope, type Scope } from "./harness/scope.ts";
import type { Fault } from "./harness/sweep/failing-storage.ts";
import { judgeStory } from "./harness/sweep/judge-story.ts";
import { type OpenStorage, type Plane, startPlane } from "./harness/sweep/plane.ts";
import { tellStory } from "./harness/sweep/story.ts";

/** Stories that are told at a time: most of a story is waiting. */
const AT_ONCE = 4;
/** How many calls in a row fail, where they are more than one. */
const OUTAGES = [3, 10, 40];
/** `CONVEYOR_SWEEP=all` lets every call fail on SQLite too, and outages begin at every call. */
const IS_ALL = process.env["CONVEYOR_SWEEP"] === "all";
const STRIDE = {
  memory: 1,
  sqlite: IS_ALL ? 1 : 5,
  outage: IS_ALL ? 1 : 30,
  full: IS_ALL ? 1 : 3,
};

let scope: Scope;

beforeEach(() => {
  scope = createScope("failing-storage");
});
afterEach(() => scope.close());

let stories = 0;

const inMemory: OpenStorage = (now) => new MemoryStorage({ now });

const onSqlite: OpenStorage = (now) => {
  stories += 1;
  return openSqliteStorage({
    directory: join(scope.directory, `data-${stories}`),
    now,
  });
};

const STORAGES = [
  { name: "in memory", open: inMemory, stride: STRIDE.memory },
  { name: "on SQLite", open: onSqlite, stride: STRIDE.sqlite },
];

/** Tells one story, and answers what speaks against it. */
async function violationsOf(plane: Plane): Promise<readonly string[]> {
  const found: string[] = [];
  try {
    found.push(...(await judgeStory(plane, await tellStory(plane))));
  } catch (error) {
    found.push(String(error), ...plane.complaints);
  }
  await plane.stop();
  try {
    await eventually(() => plane.clock.pending === 0);
  } catch {
    found.push(`${plane.clock.pending} wake-ups are set after the stop`);
  }
  return found;
}

interface Sweep {
  readonly stories: number;
  readonly violations: readonly string[];
  /** The methods that failed, in one story or another. */
  readonly failed: ReadonlySet<string>;
}

/**
 * Tells the story with a fault at each `stride`-th call, until some pass without meeting it: the
 * number of calls differs a little from one telling to the next.
 */
async function sweep(
  open: OpenStorage,
  { stride, ...fault }: Omit<Fault, "at"> & { readonly stride: number },
): Promise<Sweep> {
  const violations: string[] = [];
  const failed = new Set<string>();
  let told = 0;
  let passed = 0;
  const tell = async (): Promise<void> => {
    while (passed < AT_ONCE) {
      const at = 1 + told * stride;
      told += 1;
      const plane = await startPlane(open, { ...fault, at });
      const found = await violationsOf(plane);
      const { failed: calls } = plane.failing;
      const where = `${fault.calls} from call ${at} (${calls[0]}), ${fault.when}`;
      violations.push(...found.map((text) => `${where}: ${text}`));
      for (const name of calls) failed.add(name);
      passed += calls.length === 0 ? 1 : 0;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, tell));
  return { stories: told, violations, failed };
}

describe.each(STORAGES)("a storage $name that fails", ({ open, stride }) => {
  for (const when of ["before", "after"] as const) {
    it(`P1 to P6: loses nothing and nobody, whichever call fails ${when} it is done`, async () => {
      const { stories: told, violations, failed } = await sweep(open, { calls: 1, when, stride });
      expect(violations).toEqual([]);
      expect(told * stride).toBeGreaterThan(60);
      expect([...failed]).toEqual(expect.arrayContaining(["batch", "load"]));
    });
  }
});

describe("a disk that is full for a while", () => {
  it("P1 to P6: loses nothing and nobody, whichever five batches find it so", async () => {
    const stride = STRIDE.full;
    const { violations } = await sweep(inMemory, {
      calls: 5,
      when: "full",
      stride,
    });
    expect(violations).toEqual([]);
  });
});

describe("a storage that is away for a while", () => {
  for (const calls of OUTAGES) {
    it(`P1 to P6: loses nothing and nobody, whenever ${calls} calls in a row fail`, async () => {
      for (const when of ["before", "after"] as const) {
        const { violations } = await sweep(inMemory, {
          calls,
          when,
          stride: STRIDE.outage,
        });
        expect(violations).toEqual([]);
      }
    });
  }
});
