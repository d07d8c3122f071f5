import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRandom } from "../chaos/random.ts";
import { SEED } from "./harness/generated/settings.ts";
import { checkImage } from "./harness/power-cut/check-image.ts";
import { type Chance, NEVER } from "./harness/power-cut/disk.ts";
import { goOn } from "./harness/power-cut/go-on.ts";
import { type PowerCut, powerCuts } from "./harness/power-cut/power-cuts.ts";
import { DATA, recordStory } from "./harness/power-cut/record.ts";
import type { Operation } from "./harness/power-cut/trace.ts";
import { createScope, type Scope } from "./harness/scope.ts";

/** Disks that keep a part of what was not synced, for each cut; more by the environment. */
const PARTIAL = Number(process.env["CONVEYOR_POWER_CUTS"] ?? 2);
/** How much of it they keep, in turn. */
const SHARES = [0.5, 0.95, 0.05] as const;
/** Every so many cuts a server goes on with what is left. */
const GO_ON_EVERY = 16;
const TOLD_VIOLATIONS = 20;

const hasStrace = spawnSync("strace", ["-V"]).status === 0;
const isCi = process.env["CI"] === "true";

describe.skipIf(!hasStrace && !isCi)("a power cut after any sync of a server's life", () => {
  let scope: Scope;

  beforeEach(() => {
    scope = createScope("power-cut");
  });
  afterEach(() => scope.close());

  /** What a disk that is cut off at this moment has lost; nothing: what may be lost. */
  async function lossesOf(cut: PowerCut, chance: Chance): Promise<readonly string[]> {
    const image = join(scope.directory, "image");
    cut.disk.writeTo(image, chance);
    try {
      return await checkImage(join(image, DATA), cut.told);
    } catch (error) {
      return [String(error)];
    } finally {
      rmSync(image, { recursive: true });
    }
  }

  async function sweep(operations: readonly Operation[], root: string) {
    const violations: string[] = [];
    let cuts = 0;
    let last: PowerCut | undefined;
    for (const cut of powerCuts(operations, root)) {
      cuts += 1;
      last = cut;
      for (let disk = 0; disk <= PARTIAL; disk += 1) {
        const random = createRandom(SEED + cut.syncs * 1_000 + disk);
        const share = SHARES[disk % SHARES.length] ?? 0;
        const losses = await lossesOf(cut, disk === 0 ? NEVER : () => random.chance(share));
        violations.push(...losses.map((text) => `sync ${cut.syncs}, disk ${disk}: ${text}`));
      }
      if (cut.syncs % GO_ON_EVERY !== 1) continue;
      const image = join(scope.directory, `image-${cut.syncs}`);
      cut.disk.writeTo(image, NEVER);
      const complaints = await goOn(join(image, DATA));
      violations.push(...complaints.map((text) => `after sync ${cut.syncs}: ${text}`));
    }
    return { violations: violations.slice(0, TOLD_VIOLATIONS), cuts, told: last?.told };
  }

  it("P1: leaves all that anybody was told of, nothing half, and work that goes on", async () => {
    expect(hasStrace, "strace must be installed where CI=true").toBe(true);
    const root = join(scope.directory, "disk");
    const operations = await recordStory(scope, root);
    const { violations, cuts, told } = await sweep(operations, root);
    console.log(`${cuts} cuts, ${PARTIAL + 1} disks each: CONVEYOR_SEED=${SEED}`);
    expect(violations).toEqual([]);
    expect(cuts).toBeGreaterThan(80);
    expect(told?.runs.size).toBeGreaterThan(8);
    expect(told?.recorded.size).toBeGreaterThan(15);
    expect(told?.logged.size).toBeGreaterThan(15);
    expect(told?.ended.size).toBeGreaterThan(6);
    expect(told?.written).toBe(2);

    // A disk on which syncs do nothing is found out, or the sweep would find nothing.
    const unsynced = operations.filter(({ kind }) => kind !== "sync");
    const [cut] = powerCuts(unsynced, root);
    expect(cut === undefined ? [] : await lossesOf(cut, NEVER)).not.toEqual([]);
  }, 3_600_000);
});
