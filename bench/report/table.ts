/** The results as one table for people. */
import { type Figure, type FigureResult, isReached, ratioOf, summaryOf } from "../figure.ts";
import type { RowResult } from "../row.ts";

export interface Report {
  readonly configuration: Readonly<Record<string, string>>;
  readonly results: readonly RowResult[];
}

const HEAD = ["what", "product", "floor or base", "ratio", "target", "reached", "loop p99"];

export function tableOf({ configuration, results }: Report): string {
  const lines = Object.entries(configuration).map(([key, value]) => `${key}: ${value}`);
  return [...lines, "", ...alignedLines(rowsOf(results))].join("\n");
}

/** The cells of the table, the first row being its head. */
export function rowsOf(results: readonly RowResult[]): readonly (readonly string[])[] {
  return [HEAD, ...results.flatMap(cellsOf), ...loopCells(results)];
}

/** What was measured of a row; how late the event loop ran stands in its first line. */
function cellsOf({ figures, loopDelays }: RowResult): string[][] {
  const worst = Math.max(...loopDelays.map(({ p99Ms }) => p99Ms));
  const delay = loopDelays.length === 0 ? "" : `${numberText(worst)} ms`;
  return figures
    .filter(({ figure, product, floor }) => {
      const isBased = figure.base !== undefined;
      return product.length > 0 || (floor.length > 0 && !isBased);
    })
    .map((result, index) => [...figureCells(result), index === 0 ? delay : ""]);
}

function figureCells(result: FigureResult): string[] {
  const { figure } = result;
  const ratio = ratioOf(result);
  const reached = isReached(result);
  return [
    figure.title,
    measuredText(result.product, figure.unit),
    measuredText(result.floor, figure.unit),
    ratio === null ? "" : ratio.toFixed(2),
    targetText(figure),
    reached === null ? "" : reached ? "yes" : "no",
  ];
}

function measuredText(measured: FigureResult["product"], unit: Figure["unit"]): string {
  const summary = summaryOf(measured);
  if (summary === null) return "";
  const typical = numberText(summary.typical);
  return summary.p99 === null
    ? `${typical} ${unit}`
    : `p50 ${typical}, p99 ${numberText(summary.p99)} ${unit}`;
}

function numberText(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(value < 10 ? 2 : 1);
}

function targetText({ target, unit, base }: Figure): string {
  const other = base === undefined ? "floor" : "base";
  switch (target.kind) {
    case "none":
      return "";
    case "ratioAtMost":
      return `≤ ${target.bound} x ${other}`;
    case "ratioAtLeast":
      return `≥ ${target.bound} x ${other}`;
    case "atMost":
      return `${target.of === "p99" ? "p99 " : ""}≤ ${target.bound} ${unit}`;
  }
}

const LOOP_BOUND_MS = 20;

/** The worst of all rows: the bound holds under any of them. */
function loopCells(results: readonly RowResult[]): string[][] {
  const delays = results.flatMap(({ row, loopDelays }) =>
    loopDelays.map((delay) => ({ row, ...delay })),
  );
  const worst = delays.sort((a, b) => b.p99Ms - a.p99Ms)[0];
  if (worst === undefined) return [];
  const figure = `p99 ${numberText(worst.p99Ms)}, max ${numberText(worst.maxMs)} ms`;
  const reached = worst.p99Ms <= LOOP_BOUND_MS ? "yes" : "no";
  return [
    [
      `event loop delay, worst row (${worst.row})`,
      figure,
      "",
      "",
      `p99 ≤ ${LOOP_BOUND_MS} ms`,
      reached,
      "",
    ],
  ];
}

function alignedLines(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  const [head = [], ...rest] = rows;
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rest.map(line)];
}
