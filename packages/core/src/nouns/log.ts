/** Log lines, kept in chunks of one attempt each. */

export type LogLevel = "debug" | "info" | "warn" | "error";
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** What differs from line to line; what lines share stands in their chunk. */
export interface LogLine {
  /** RFC 3339, UTC, milliseconds or finer. */
  readonly timestamp: string;
  readonly level: LogLevel;
  readonly stream?: string;
  readonly message: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Lines of one attempt with consecutive `seq`, written once and never changed. */
export interface LogChunk {
  readonly run: string;
  /** Position of the run, by which the lines of a run lie together. */
  readonly position: number;
  readonly driver: string;
  readonly pipeline: string | null;
  readonly step: string;
  readonly attempt: number;
  /** `seq` of the first line. */
  readonly first: number;
  readonly lines: readonly LogLine[];
  readonly storedAt: number;
}

/** The end of a run's log. Locked by every append, so that `seq` grows by one. */
export interface LogHead {
  readonly run: string;
  readonly position: number;
  /** `seq` of the next line, from 1. */
  readonly next: number;
  readonly sizeBytes: number;
  /** The limit was reached: later lines are counted but not kept. */
  readonly cutOff: boolean;
  /** For each step run the lease that logged last and the number of lines received from it. */
  readonly received: Readonly<Record<string, ReceivedLines>>;
}

export interface ReceivedLines {
  readonly token: number;
  readonly lines: number;
}
