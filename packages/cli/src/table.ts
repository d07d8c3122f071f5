/** Tables of plain text. */
import { oneLine } from "./plain-text.ts";
import type { Terminal } from "./terminal.ts";

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
  /** Is shown whole, however narrow the terminal: what people copy. */
  readonly whole?: true;
  /** Left out where the terminal is too narrow for all columns; the largest number first. */
  readonly leaveOut?: number;
  readonly style?: (text: string) => string;
}

const GAP = "  ";
const NARROWEST = 6;
/** Columns are left out before others become narrower than this. */
const READABLE = 12;

/** Lays out rows under their titles, so that they fit the terminal where there is one. */
export function renderTable<T>(
  rows: readonly T[],
  all: readonly Column<T>[],
  terminal: Pick<Terminal, "columns" | "colors">,
): string {
  const filled = all.map((column) => fill(rows, column));
  const kept = leaveOut(filled, terminal.columns);
  const columns = kept.map(({ column }) => column);
  const cells = rows.map((_row, line) => kept.map((one) => one.cells[line] ?? ""));
  const widths = kept.map((one) => one.widest);
  const fitted = fitWidths(widths, columns, terminal.columns);
  const layOut = (line: readonly string[], style: (text: string, index: number) => string) =>
    line
      .map((cell, index) => {
        const text = cut(cell, fitted[index] ?? 0);
        const isLast = index === columns.length - 1;
        return style(text, index) + (isLast ? "" : padding(text, fitted[index] ?? 0));
      })
      .join(GAP)
      .trimEnd();
  const titles = columns.map((column) => column.title);
  const head = layOut(titles, (text) => terminal.colors.bold(text));
  const body = cells.map((line) =>
    layOut(line, (text, index) => columns[index]?.style?.(text) ?? text),
  );
  return [head, ...body].map((line) => `${line}\n`).join("");
}

/** A column with its texts, and the widest of them. */
interface Filled<T> {
  readonly column: Column<T>;
  readonly cells: readonly string[];
  readonly widest: number;
}

function fill<T>(rows: readonly T[], column: Column<T>): Filled<T> {
  const cells = rows.map((row) => oneLine(column.value(row)) || "-");
  // Reduced, not spread: a list may be longer than the arguments of a call.
  const widest = cells.reduce((most, cell) => Math.max(most, width(cell)), width(column.title));
  return { column, cells, widest };
}

/** The columns that fit side by side in a readable width. */
function leaveOut<T>(
  filled: readonly Filled<T>[],
  available: number | undefined,
): readonly Filled<T>[] {
  if (available === undefined) return filled;
  const least = ({ column, widest }: Filled<T>) =>
    column.whole === true ? widest : Math.min(widest, READABLE);
  let kept = filled;
  for (;;) {
    const needed = kept.reduce((sum, one) => sum + least(one), GAP.length * (kept.length - 1));
    const next = kept.reduce((most, { column }) => Math.max(most, column.leaveOut ?? 0), 0);
    if (needed <= available || next === 0) return kept;
    kept = kept.filter(({ column }) => column.leaveOut !== next);
  }
}

/** Narrows the widest columns until the table fits or nothing more can give. */
function fitWidths<T>(
  widths: readonly number[],
  columns: readonly Column<T>[],
  available: number | undefined,
): readonly number[] {
  if (available === undefined) return widths;
  const fitted = [...widths];
  const gaps = GAP.length * (widths.length - 1);
  for (;;) {
    const excess = fitted.reduce((sum, one) => sum + one, gaps) - available;
    if (excess <= 0) return fitted;
    const widest = widestOf(fitted, columns);
    if (widest === undefined) return fitted;
    fitted[widest] = (fitted[widest] ?? 0) - 1;
  }
}

function widestOf<T>(widths: readonly number[], columns: readonly Column<T>[]): number | undefined {
  let widest: number | undefined;
  for (const [index, one] of widths.entries()) {
    if (columns[index]?.whole === true || one <= NARROWEST) continue;
    if (widest === undefined || one > (widths[widest] ?? 0)) widest = index;
  }
  return widest;
}

function width(text: string): number {
  return [...text].length;
}

function cut(text: string, to: number): string {
  return width(text) <= to ? text : `${[...text].slice(0, to - 1).join("")}…`;
}

function padding(text: string, to: number): string {
  return " ".repeat(Math.max(0, to - width(text)));
}
