/**
 * `npm run bench -- [--quick] [--row NAME]... [--pairs N] [--side floor|product] [--data DIR]
 * [--json FILE] [--profile DIR] [--history-runs N] [--history-lines N] [--history-data DIR]`: measures the product against the floor. Exits with 1 when an
 * exchange goes wrong, never because it is slow.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { configurationOf } from "./report/configuration.ts";
import { jsonOf } from "./report/report-json.ts";
import { type Report, tableOf } from "./report/table.ts";
import { type RowResult, runRow, type Settings } from "./row.ts";
import { ROWS } from "./rows/all.ts";
import type { SideName } from "./side.ts";

const SIDES: readonly SideName[] = ["floor", "product"];

function usage(problem: string): never {
  console.error(problem);
  console.error(`rows: ${ROWS.map(({ name }) => name).join(", ")}; sides: ${SIDES.join(", ")}`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    row: { type: "string", multiple: true },
    pairs: { type: "string" },
    side: { type: "string" },
    data: { type: "string", default: tmpdir() },
    json: { type: "string" },
    profile: { type: "string" },
    "history-runs": { type: "string", default: "1000000" },
    "history-lines": { type: "string", default: "10000000" },
    "history-data": { type: "string" },
  },
});
const pairs = Number(values.pairs ?? (values.quick ? 1 : 5));
if (!Number.isInteger(pairs) || pairs < 1) usage("--pairs takes a number from 1");
const sides = SIDES.filter((side) => values.side === undefined || values.side === side);
if (sides.length === 0) usage(`there is no side ${values.side}`);
const rows = ROWS.filter(({ name, isLong = false, isByName = false }) =>
  values.row === undefined ? !isByName && !(values.quick && isLong) : values.row.includes(name),
);
const unknown = values.row?.find((wanted) => !ROWS.some(({ name }) => name === wanted));
if (unknown !== undefined) usage(`there is no row ${unknown}`);

const [runs, lines] = [Number(values["history-runs"]), Number(values["history-lines"])];
if (!(runs >= 2 && lines >= 0)) usage("--history-runs and --history-lines take numbers");
const historyData = values["history-data"];

const begun = performance.now();
function progress(text: string): void {
  console.error(`${((performance.now() - begun) / 1_000).toFixed(0).padStart(4)} s  ${text}`);
}

const settings: Settings = {
  quick: values.quick,
  pairs,
  sides,
  data: resolve(values.data),
  profiles: values.profile === undefined ? null : resolve(values.profile),
  history: { runs, lines, directory: historyData === undefined ? null : resolve(historyData) },
  progress,
};
mkdirSync(settings.data, { recursive: true });

const results: RowResult[] = [];
let isSound = true;
for (const row of rows) {
  try {
    results.push(await runRow(row, settings));
  } catch (error) {
    isSound = false;
    console.error(`row ${row.name} FAILED:`, error);
  }
}
const filled = `${runs.toLocaleString("en")} runs, ${lines.toLocaleString("en")} lines`;
const configuration = {
  ...configurationOf(settings),
  ...(rows.some(({ name }) => name === "history") ? { history: filled } : {}),
};
const report: Report = { configuration, results };
console.log(tableOf(report));
if (values.json !== undefined) writeFileSync(values.json, jsonOf(report));
process.exit(isSound ? 0 : 1);
