import { afterEach, describe, expect, it } from "vitest";
import { reportOf } from "../chaos/report.ts";
import { type ChaosOptions, type ChaosOutcome, runChaos } from "../chaos/run-chaos.ts";
import { TROUBLE_KINDS } from "../chaos/troubles/trouble-kinds.ts";
import { createScope, type Scope } from "./harness/scope.ts";

/** `npm run chaos -- --kills 500` goes on for longer, and so do its troubles. */
const KILLS = 4;
/** Seeds that failed once. */
const SEEDS = { kills: 4_711, mixed: 11 };
const LONGEST_MS = 2_000;

describe("servers, drivers, networks, disks and clocks that fail at random moments", () => {
  let scope: Scope | undefined;

  afterEach(() => scope?.close());

  async function chaos(
    options: Pick<ChaosOptions, "strikes" | "troubles" | "seed">,
  ): Promise<ChaosOutcome> {
    scope = createScope("chaos");
    const shared = { longestMs: LONGEST_MS, scope, onStrike: () => {} };
    const outcome = await runChaos({ ...options, ...shared });
    const violations = outcome.verdicts.flatMap((verdict) => verdict.violations);
    expect(violations, reportOf(outcome).join("\n")).toEqual([]);
    expect(outcome.strikes).toHaveLength(options.strikes);
    return outcome;
  }

  it("P1 to P6: hold when processes are killed, whatever the phase of the protocol", async () => {
    const { figures } = await chaos({ strikes: KILLS, troubles: ["kill"], seed: SEEDS.kills });
    const { runs = 0, readers = 0 } = figures;
    expect(runs).toBeGreaterThan(KILLS * 32);
    expect(readers).toBeGreaterThan(0);
  });

  it("P1 to P6, P9: hold under every kind of trouble, one upon the other", async () => {
    const { strikes } = await chaos({
      strikes: TROUBLE_KINDS.length,
      troubles: TROUBLE_KINDS,
      seed: SEEDS.mixed,
    });
    const kinds = new Set(strikes.map(({ trouble }) => trouble));
    expect(kinds.size).toBeGreaterThanOrEqual(TROUBLE_KINDS.length - 2);
  });
});
