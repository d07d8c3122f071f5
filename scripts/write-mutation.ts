/**
 * Writes the scores in docs/reference/mutation.md anew, from what `npm run mutate` left in
 * `mutation/report.json`: `node scripts/run-ts.mjs scripts/write-mutation.ts`. Rows of files that
 * were not run stay as they are.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { readPage, rowsOf, withSection } from "./docs/markdown.ts";
import { ROOT } from "./run-step.mjs";

const PAGE = "docs/reference/mutation.md";
const BY = "scripts/write-mutation.ts";

interface Report {
  readonly files: Readonly<
    Record<string, { readonly mutants: readonly { readonly status: string }[] }>
  >;
}

/** How many changes were found, survived, and are in no test. */
type Counts = readonly [found: number, survived: number, unseen: number];

function countsOf(statuses: readonly string[]): Counts {
  const count = (...wanted: string[]): number =>
    statuses.filter((status) => wanted.includes(status)).length;
  return [count("Killed", "Timeout"), count("Survived"), count("NoCoverage")];
}

function rowOf(name: string, counts: Counts): string {
  const all = counts[0] + counts[1] + counts[2];
  const score = all === 0 ? "–" : `${((100 * counts[0]) / all).toFixed(1)} %`;
  return `| ${[name, all, ...counts, score].join(" | ")} |`;
}

const page = readPage(PAGE);
const rows = new Map<string, Counts>();
for (const [name = "", , ...cells] of rowsOf(page, "file")) {
  const [found = 0, survived = 0, unseen = 0] = cells.map(Number);
  if (name !== "all") rows.set(name, [found, survived, unseen]);
}
const report = JSON.parse(readFileSync(join(ROOT, "mutation/report.json"), "utf8")) as Report;
for (const [path, { mutants }] of Object.entries(report.files)) {
  rows.set(`\`${basename(path)}\``, countsOf(mutants.map(({ status }) => status)));
}
const sumOf = (at: 0 | 1 | 2): number =>
  [...rows.values()].reduce((sum, counts) => sum + counts[at], 0);
const table = [
  "| file | changes | found | survived | in no test | score |",
  "|---|---|---|---|---|---|",
  ...[...rows].map(([name, counts]) => rowOf(name, counts)),
  rowOf("all", [sumOf(0), sumOf(1), sumOf(2)]),
];
const section = { name: "scores", by: BY };
writeFileSync(join(ROOT, PAGE), withSection(page, section, table.join("\n")));
