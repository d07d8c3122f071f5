/** The table at the end of a chaos run. */

import { PHASES } from "./phases.ts";
import type { ChaosOutcome } from "./run-chaos.ts";

const VICTIMS = ["server", "driver"] as const;

function row(name: string, ...cells: readonly (string | number)[]): string {
  return `${name.padEnd(56)}${cells.map((cell) => String(cell).padStart(12)).join("")}`;
}

/** Lines of text: kills by phase and victim, figures, and a verdict on each invariant. */
export function reportOf({ kills, struck, verdicts, figures }: ChaosOutcome): readonly string[] {
  const of = (victim: (typeof VICTIMS)[number]) =>
    struck.filter((_, index) => kills[index]?.victim === victim);
  const lines = [row("kills that struck in this phase (things struck)", ...VICTIMS)];
  for (const phase of PHASES) {
    const cells = VICTIMS.map((victim) => {
      const counts = of(victim).map((one) => one.get(phase) ?? 0);
      const things = counts.reduce((sum, count) => sum + count, 0);
      return things === 0 ? "-" : `${counts.filter((count) => count > 0).length} (${things})`;
    });
    lines.push(row(`  ${phase}`, ...cells));
  }
  lines.push(row("  all kills", ...VICTIMS.map((victim) => of(victim).length)));
  const least = (values: readonly number[]): number => Math.min(...values);
  lines.push(
    row("fewest changes in flight at a kill", least(kills.map((kill) => kill.changesInFlight))),
    row("fewest step runs in flight at a kill", least(kills.map((kill) => kill.stepRunsInFlight))),
    "",
  );
  for (const [name, figure] of Object.entries(figures)) lines.push(row(name, figure));
  lines.push("", row("invariant", "violations"));
  for (const { name, count } of verdicts) lines.push(row(`  ${name}`, count));
  for (const { violations } of verdicts) {
    for (const { invariant, text } of violations) lines.push(`VIOLATION ${invariant}: ${text}`);
  }
  return lines;
}
