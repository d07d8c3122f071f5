/**
 * The runs of a soak, from their acceptance until their end and their log have been judged.
 *
 * L1 A run stays here until it is judged, so the ledger does not grow with the history.
 * L2 What is told of a run may come before the answer that names it, and waits for that answer.
 * L3 A run is judged when `SETTLE_MS` have passed since its end: what handlers and followers tell
 *    of it comes by other ways than the end. For what comes later its log is judged once more.
 */
import type { HandlerReport } from "../soak-platform.ts";
import { createRunEntry, type Ending, type RunEntry } from "./run-entry.ts";

export interface Judgeable {
  readonly entry: RunEntry;
  /** Its end was judged before (L3). */
  readonly isAgain: boolean;
}

export interface Ledger {
  /** Runs that have not ended. */
  readonly unfinished: number;
  readonly open: Iterable<RunEntry>;
  begin(run: string, ownEnding: Ending): RunEntry;
  find(run: string): RunEntry | undefined;
  end(run: string, state: string): void;
  acknowledge(report: HandlerReport): void;
  /** How many lines a follower had got at the end of a run. */
  followed(run: string, lines: number): void;
  /** Takes out a run that may be judged; `isLast`: without waiting. */
  take(isLast?: boolean): Judgeable | undefined;
  /** Calls once, when the run has ended. */
  onEnd(run: string, listener: (state: string) => void): void;
}

const SETTLE_MS = 2_000;
const UNNAMED_MS = 10_000;

class LiveLedger implements Ledger {
  readonly #open = new Map<string, RunEntry>();
  readonly #ended: { readonly entry: RunEntry; readonly at: number }[] = [];
  /** L2 */
  readonly #unnamed = new Map<string, { readonly entry: RunEntry; readonly at: number }>();
  readonly #listeners = new Map<string, (state: string) => void>();

  get unfinished(): number {
    return this.#open.size - this.#ended.length;
  }

  get open(): Iterable<RunEntry> {
    return this.#open.values();
  }

  begin(run: string, ownEnding: Ending): RunEntry {
    const entry = this.#unnamed.get(run)?.entry ?? createRunEntry(run, ownEnding);
    this.#unnamed.delete(run);
    entry.ownEnding = ownEnding;
    this.#open.set(run, entry);
    if (entry.end !== null) this.#close(entry);
    return entry;
  }

  find(run: string): RunEntry | undefined {
    return this.#open.get(run);
  }

  end(run: string, state: string): void {
    const entry = this.#about(run);
    if (entry.end !== null) return;
    entry.end = { state, at: performance.now() };
    if (this.#open.has(run)) this.#close(entry);
  }

  acknowledge({ run, fence, lines }: HandlerReport): void {
    this.#about(run).acknowledged.set(fence, lines);
  }

  followed(run: string, lines: number): void {
    this.#about(run).followed.push(lines);
  }

  take(isLast = false): Judgeable | undefined {
    const now = performance.now();
    const [first] = this.#ended;
    if (first !== undefined && (isLast || now - first.at > SETTLE_MS)) {
      this.#ended.shift();
      this.#open.delete(first.entry.run);
      return { entry: first.entry, isAgain: false };
    }
    const [unnamed] = this.#unnamed.values();
    if (unnamed === undefined || !(isLast || now - unnamed.at > UNNAMED_MS)) return undefined;
    this.#unnamed.delete(unnamed.entry.run);
    return { entry: unnamed.entry, isAgain: true };
  }

  onEnd(run: string, listener: (state: string) => void): void {
    const end = this.#open.get(run)?.end ?? null;
    if (end === null) this.#listeners.set(run, listener);
    else listener(end.state);
  }

  #about(run: string): RunEntry {
    const known = this.#open.get(run) ?? this.#unnamed.get(run)?.entry;
    if (known !== undefined) return known;
    const entry = createRunEntry(run, "succeeded");
    this.#unnamed.set(run, { entry, at: performance.now() });
    return entry;
  }

  #close(entry: RunEntry): void {
    this.#ended.push({ entry, at: performance.now() });
    this.#listeners.get(entry.run)?.(entry.end?.state ?? "");
    this.#listeners.delete(entry.run);
  }
}

export function createLedger(): Ledger {
  return new LiveLedger();
}
