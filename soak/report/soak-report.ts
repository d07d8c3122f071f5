/** The outcome of a soak: for programs, and as a table for people. */
import type { Tally } from "../load/tally.ts";
import type { Sample } from "./figures.ts";
import { type Comparison, compareQuarters } from "./verdicts.ts";

export interface SoakReport {
  readonly configuration: Readonly<Record<string, string>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
  readonly violationCount: number;
  readonly comparisons: readonly Comparison[];
  readonly samples: readonly Sample[];
}

export function reportOf(
  tally: Tally,
  { samples, configuration }: Pick<SoakReport, "samples" | "configuration">,
): SoakReport {
  return {
    configuration,
    counts: Object.fromEntries(tally.counts),
    refusals: Object.fromEntries(tally.refusals),
    violations: tally.violations,
    violationCount: tally.violationCount,
    comparisons: compareQuarters(samples),
    samples,
  };
}

export function isSound({ violationCount, comparisons }: SoakReport): boolean {
  return violationCount === 0 && comparisons.every(({ verdict }) => verdict !== "grew");
}

export function numberText(value: number | null): string {
  if (value === null) return "";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}

/** Lines of text: what was counted, the quarters, and what went wrong. */
export function linesOf(report: SoakReport): readonly string[] {
  const row = (...cells: readonly string[]): string =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(42) : cell.padStart(16)))
      .join("")
      .trimEnd();
  const lines = Object.entries(report.configuration).map(([name, value]) => `${name}: ${value}`);
  lines.push("", row("counted", ""));
  for (const [name, count] of Object.entries(report.counts)) {
    lines.push(row(`  ${name}`, count.toLocaleString("en")));
  }
  for (const [name, count] of Object.entries(report.refusals)) {
    lines.push(row(`  refused, ${name}`, count.toLocaleString("en")));
  }
  lines.push("", row("median of", "first quarter", "last quarter", "verdict"));
  for (const { figure, first, last, verdict } of report.comparisons) {
    const title = figure.unit === "" ? figure.title : `${figure.title} (${figure.unit})`;
    lines.push(row(`  ${title}`, numberText(first), numberText(last), verdict));
  }
  lines.push("", row("violations", String(report.violationCount)));
  for (const violation of report.violations) lines.push(`VIOLATION ${violation}`);
  return lines;
}
