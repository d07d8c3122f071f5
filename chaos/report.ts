/** The tables at the end of a chaos run. */

import { PHASES } from "./phases.ts";
import type { ChaosOutcome } from "./run-chaos.ts";
import { TROUBLE_KINDS, VICTIMS } from "./troubles/trouble-kinds.ts";

const KILLED = ["server", "driver"] as const;

function row(name: string, ...cells: readonly (string | number)[]): string {
  return `${name.padEnd(56)}${cells.map((cell) => String(cell).padStart(12)).join("")}`;
}

/** Lines of text: strikes by trouble, victim and phase, figures, and a verdict on each invariant. */
export function reportOf(outcome: ChaosOutcome): readonly string[] {
  const { strikes, verdicts, figures } = outcome;
  const least = (values: readonly number[]): number => Math.min(...values);
  const lines = [...strikeTable(outcome), "", ...phaseTable(outcome), ""];
  lines.push(
    row("fewest changes in flight at a strike", least(strikes.map((one) => one.changesInFlight))),
    row(
      "fewest step runs in flight at a strike",
      least(strikes.map((one) => one.stepRunsInFlight)),
    ),
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

function strikeTable({ strikes }: ChaosOutcome): readonly string[] {
  const lines = [row("strikes", ...VICTIMS)];
  for (const kind of TROUBLE_KINDS) {
    const own = strikes.filter(({ trouble }) => trouble === kind);
    if (own.length === 0) continue;
    const counts = VICTIMS.map((name) => own.filter(({ victim }) => victim === name).length);
    lines.push(row(`  ${kind}`, ...counts.map((count) => (count === 0 ? "-" : count))));
  }
  return lines;
}

function phaseTable({ struck }: ChaosOutcome): readonly string[] {
  const of = (name: (typeof KILLED)[number]) =>
    [...struck].filter(([{ victim }]) => victim === name).map(([, one]) => one);
  const lines = [row("kills that struck in this phase (things struck)", ...KILLED)];
  for (const phase of PHASES) {
    const cells = KILLED.map((victim) => {
      const counts = of(victim).map((one) => one.get(phase) ?? 0);
      const things = counts.reduce((sum, count) => sum + count, 0);
      return things === 0 ? "-" : `${counts.filter((count) => count > 0).length} (${things})`;
    });
    lines.push(row(`  ${phase}`, ...cells));
  }
  return lines;
}
