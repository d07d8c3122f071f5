/** Where a story and its handlers meet: the gates it opens for them and the journals they keep. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type JournalEntry, readJournals } from "./journal.ts";

export function gateFile(stage: string, name: string): string {
  return join(stage, "gates", name);
}

export function journalDirectory(stage: string): string {
  return join(stage, "journals");
}

export interface Stage {
  readonly directory: string;
  /** Lets pass every handler that waits, or will wait, at the gate. */
  open(gate: string): void;
  isOpen(gate: string): boolean;
  journal(): readonly JournalEntry[];
  /** Entries of one kind, of all runs or of one. */
  entries(what: string, run?: string): readonly JournalEntry[];
}

export function createStage(directory: string): Stage {
  mkdirSync(join(directory, "gates"), { recursive: true });
  const journal = () => readJournals(journalDirectory(directory));
  return {
    directory,
    open: (gate) => writeFileSync(gateFile(directory, gate), ""),
    isOpen: (gate) => existsSync(gateFile(directory, gate)),
    journal,
    entries: (what, run) =>
      journal().filter((entry) => entry.what === what && (run === undefined || entry.run === run)),
  };
}
