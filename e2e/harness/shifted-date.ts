/** A wall clock that a story puts forward and back while the processes that go by it are running. */
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./root.ts";

/** Processes look at their clock's shift so often; a story that waits twice as long can rely on it. */
export const SHIFT_SEEN_MS = 20;

export interface ShiftedDate {
  /** For the environment of a Node process that goes by this clock. */
  readonly env: Readonly<Record<string, string>>;
  /** Puts the clock so far before (or, below zero, behind) the real one. */
  shift(ms: number): void;
}

export function createShiftedDate(directory: string, name = "clock"): ShiftedDate {
  const file = join(directory, `${name}.shift`);
  const shift = (ms: number): void => {
    writeFileSync(`${file}.new`, String(ms));
    renameSync(`${file}.new`, file);
  };
  shift(0);
  const program = join(ROOT, "e2e/fixtures/shifted-date.cjs");
  return { env: { SHIFTED_DATE: file, NODE_OPTIONS: `--require=${program}` }, shift };
}
