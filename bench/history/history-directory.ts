/**
 * A data directory with a long history, and the note beside it that says what is in it, so that it can
 * be measured again without being filled again.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface HistorySize {
  readonly runs: number;
  readonly lines: number;
}

export interface HistoryNote {
  /** How far it was filled. */
  readonly runs: number;
  readonly lines: number;
  /** Runs of which each logged `PROBE_LINES`, from the oldest to the newest. */
  readonly probes: readonly string[];
  /** A resource whose run is among the oldest. */
  readonly oldName: string;
  /** Up to where the feed has been read. */
  readonly position: number;
}

export interface HistoryDirectory {
  readonly directory: string;
  readonly isKept: boolean;
  read(): HistoryNote | null;
  write(note: HistoryNote): void;
  /** Removes it unless it is kept. */
  remove(): void;
}

/** `kept`: a directory of the user's; else one is made below `parent`. */
export function openHistoryDirectory(parent: string, kept: string | null): HistoryDirectory {
  const directory = kept ?? mkdtempSync(join(parent, "bench-history-"));
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "history.json");
  return {
    directory,
    isKept: kept !== null,
    read: () => (existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as HistoryNote) : null),
    write: (note) => writeFileSync(file, `${JSON.stringify(note)}\n`),
    remove() {
      if (kept === null) rmSync(directory, { recursive: true, force: true });
    },
  };
}
