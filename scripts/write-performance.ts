/**
 * Writes the measured sections of docs/reference/performance.md anew, from what `npm run bench` and
 * `npm run soak` wrote with `--json`: `node scripts/run-ts.mjs scripts/write-performance.ts
 * [--bench FILE] [--history FILE] [--soak FILE]`. A section whose file is not named stays as it is.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readReport } from "../bench/report/report-json.ts";
import { rowsOf } from "../bench/report/table.ts";
import { plotOf } from "../soak/report/plot.ts";
import { numberText, type SoakReport } from "../soak/report/soak-report.ts";
import { readPage, withSection } from "./docs/markdown.ts";
import { ROOT } from "./run-step.mjs";

const PAGE = "docs/reference/performance.md";
const PLOT = "docs/reference/soak.svg";
const BY = "scripts/write-performance.ts";

function tableOf([head = [], ...rows]: readonly (readonly string[])[]): string {
  const cellText = (cell: string): string =>
    cell.replace(/^ {2}/, "– ").trim().replaceAll("|", "\\|");
  const line = (cells: readonly string[]): string => `| ${cells.map(cellText).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

function configurationText(configuration: Readonly<Record<string, string>>): string {
  const parts = Object.entries(configuration).map(([name, value]) => `${name}: ${value}`);
  return `Measured on: ${parts.join("; ")}.`;
}

function measuredSection(file: string): string {
  const { configuration, results } = readReport(readFileSync(file, "utf8"));
  return `${configurationText(configuration)}\n\n${tableOf(rowsOf(results))}`;
}

function soakSection(file: string): string {
  const report = JSON.parse(readFileSync(file, "utf8")) as SoakReport;
  const minutes = Math.round((report.samples.at(-1)?.second ?? 0) / 60);
  writeFileSync(join(ROOT, PLOT), plotOf(report.samples, `A soak of ${minutes} minutes`));
  const count = (value: number): string => value.toLocaleString("en");
  const counts = [...Object.entries(report.counts), ["violations", report.violationCount] as const];
  const quarters = report.comparisons.map(({ figure, first, last, verdict }) => [
    figure.unit === "" ? figure.title : `${figure.title} (${figure.unit})`,
    numberText(first),
    numberText(last),
    verdict,
  ]);
  return [
    `${minutes} minutes. ${configurationText(report.configuration)}`,
    tableOf([["counted", ""], ...counts.map(([name, value]) => [name, count(value)])]),
    tableOf([["median of", "first quarter", "last quarter", "verdict"], ...quarters]),
    "![Each figure over time](soak.svg)",
  ].join("\n\n");
}

const { values } = parseArgs({
  options: {
    bench: { type: "string" },
    history: { type: "string" },
    soak: { type: "string" },
  },
});
const sections = [
  { name: "bench", file: values.bench, render: measuredSection },
  { name: "history", file: values.history, render: measuredSection },
  { name: "soak", file: values.soak, render: soakSection },
];
for (const { name, file, render } of sections) {
  if (file === undefined) continue;
  const text = withSection(readPage(PAGE), { name, by: BY }, render(file));
  writeFileSync(join(ROOT, PAGE), text);
}
