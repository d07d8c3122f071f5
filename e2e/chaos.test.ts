import { afterEach, describe, expect, it } from "vitest";
import { reportOf } from "../chaos/report.ts";
import { runChaos } from "../chaos/run-chaos.ts";
import { createScope, type Scope } from "./harness/scope.ts";

/** `npm run chaos -- --kills 500` goes on for longer. */
const KILLS = 6;
const SEED = 20_261_124;

describe("a server and drivers that are killed at random moments", () => {
  let scope: Scope | undefined;

  afterEach(() => scope?.close());

  it("P1 to P6: hold under chaos, whatever the phase of the protocol", async () => {
    scope = createScope("chaos");
    const outcome = await runChaos({ kills: KILLS, seed: SEED, scope, onKill: () => {} });
    const report = reportOf(outcome).join("\n");
    expect(
      outcome.verdicts.flatMap(({ violations }) => violations),
      report,
    ).toEqual([]);
    expect(outcome.kills).toHaveLength(KILLS);
    const { runs = 0, "attempts lost": lost = 0, readers = 0 } = outcome.figures;
    expect(runs).toBeGreaterThan(KILLS * 32);
    expect(lost).toBeGreaterThan(0);
    expect(readers).toBeGreaterThan(0);
  });
});
