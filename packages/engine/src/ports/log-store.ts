/**
 * The log port: reading stored lines. Lines are appended by commands, in the transaction that checks
 * their lease and moves the end of the run's log, so that they are ordered with results.
 *
 * L1 A read touches what it returns: its cost does not follow what else is stored.
 * L2 A read sees every line that was acknowledged before it began.
 * L3 No read holds the event loop for more than about 10 ms; what it returns is bounded by
 *    `maxBytes`, but is at least one chunk where there is one.
 */
import type { LogChunk } from "@conveyor-ci/core";

/** A place in the order of all lines: by run, in the order of acceptance, and by `seq` within it. */
export interface LogCursor {
  /** Position of the run. */
  readonly position: number;
  /** Lines of that run after this `seq`. */
  readonly after: number;
}

export interface LogQuery {
  readonly ns: string;
  /** Position of the run; null: lines of all runs. */
  readonly position: number | null;
  readonly driver: string | null;
  readonly pipeline: string | null;
  readonly step: string | null;
  /** Lines after this place; null: from the start. */
  readonly after: LogCursor | null;
  readonly maxBytes: number;
}

export interface LogPage {
  /** Whole chunks, in order; the first may begin before the place asked for. */
  readonly chunks: readonly LogChunk[];
  /** Where the next page begins; null: nothing more is stored now. */
  readonly next: LogCursor | null;
}

export interface LogStore {
  read(query: LogQuery): Promise<LogPage>;
}
