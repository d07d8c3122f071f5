/**
 * What handlers did, as they saw it themselves: a file per process, one line of JSON per entry,
 * written before the handler goes on, so that `kill -9` loses nothing of it.
 */
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface JournalEntry {
  /** Milliseconds of a clock that all processes of one machine share and that never goes back. */
  readonly at: number;
  /** `start`, `end`, `aborted`, or what a script says. */
  readonly what: string;
  readonly pid: number;
  readonly instance: string;
  readonly driver: string;
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
  readonly fence: number;
  readonly resource: string;
  readonly version: string;
  readonly detail?: string;
}

export function sharedClockMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/** Makes a journal of this process's own in `directory`. */
export function openJournal(directory: string): (entry: Omit<JournalEntry, "at" | "pid">) => void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${process.pid}.jsonl`);
  return (entry) => {
    appendFileSync(
      file,
      `${JSON.stringify({ at: sharedClockMs(), pid: process.pid, ...entry })}\n`,
    );
  };
}

/** All entries of all processes, by time. */
export function readJournals(directory: string): readonly JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (const name of listFiles(directory)) {
    const lines = readFileSync(join(directory, name), "utf8").split("\n");
    // What stands behind the last line break was cut off by the end of the process.
    for (const line of lines.slice(0, -1)) entries.push(JSON.parse(line) as JournalEntry);
  }
  return entries.sort((a, b) => a.at - b.at);
}

function listFiles(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
