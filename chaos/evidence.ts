/**
 * What the observers of a chaos run saw, and what the system says afterwards: all that the
 * invariants are judged by.
 *
 * E1 Times of one clock are never compared with those of another: `at` is the clock that all
 *    processes of the machine share, times in runs are the storage's.
 */
import type { WireChange, WireRun } from "@conveyor-ci/contract";
import type { JournalEntry } from "../e2e/harness/journal.ts";
import type { TroubleKind, Victim } from "./troubles/trouble-kinds.ts";

/** One change that was sent to the server. */
export interface SentChange {
  readonly event: "create" | "update";
  readonly kind: string;
  readonly name: string;
  /** The spec's `n`, by which the version is known. */
  readonly n: number;
  readonly sentAt: number;
  /** Null: it was refused, or no answer came, so that it may have been accepted or not. */
  readonly answer: { readonly run: string; readonly version: string; readonly at: number } | null;
  /** For lack of room on the disk: then nothing of it is there. */
  readonly isRefused: boolean;
}

/** One call of `reconcile`. */
export interface Handler {
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
  readonly fence: number;
  readonly driver: string;
  readonly instance: string;
  readonly pid: number;
  readonly resource: string;
  readonly startAt: number;
  /** When it returned or threw, or its process was killed; null: none of them was seen. */
  readonly endAt: number | null;
  /** Lines when it returned; null where it did not. */
  readonly logged: number | null;
  /** Lines that were acknowledged to it. */
  readonly flushed: number;
  /** When its signal told it that the lease is lost. */
  readonly lostAt: number | null;
}

/** A line as it is stored. Its message is `<fence>:<index>`. */
export interface StoredLine {
  readonly seq: number;
  readonly step: string;
  readonly attempt: number;
  readonly message: string;
}

/** What one reader of a log received, over all its connections. */
export interface Follow {
  readonly run: string;
  readonly by: "websocket" | "events";
  /** The cursor it began with. */
  readonly after: number;
  readonly lines: readonly { readonly seq: number; readonly message: string }[];
  readonly hasEnded: boolean;
}

export interface StoredVersion {
  readonly n: number;
  readonly run: string | null;
}

/** One blow of the run: something was killed, cut off, stopped, slowed down or put wrong. */
export interface Strike {
  readonly at: number;
  readonly wallAt: number;
  readonly trouble: TroubleKind;
  readonly victim: Victim;
  /** Null: readers are not processes of their own. */
  readonly pid: number | null;
  /** Of a driver. */
  readonly instance: string | null;
  /** What was done, for people. */
  readonly what: string;
  /** Changes that were sent and not answered, and handlers at work, when it struck. */
  readonly changesInFlight: number;
  readonly stepRunsInFlight: number;
  /** Readers that follow a log. */
  readonly readers: number;
}

/** A time in which an instance could not be told anything, or not answer. */
export interface Silence {
  /** Null: every instance. */
  readonly pid: number | null;
  readonly from: number;
  readonly to: number;
}

/** Reads that were tried while the disk had no room, and why some of them failed. */
export interface ReadsWhileFull {
  readonly tried: number;
  readonly failures: readonly string[];
}

export interface Evidence {
  readonly sent: readonly SentChange[];
  readonly runs: ReadonlyMap<string, WireRun>;
  /** By `versionKey`. */
  readonly versions: ReadonlyMap<string, StoredVersion>;
  readonly changes: readonly WireChange[];
  /** By run, in the order in which the server answers them. */
  readonly lines: ReadonlyMap<string, readonly StoredLine[]>;
  readonly handlers: readonly Handler[];
  readonly follows: readonly Follow[];
  readonly silences: readonly Silence[];
  readonly readsWhileFull: ReadsWhileFull;
  readonly limits: { readonly maxDeliveries: number; readonly concurrency: number };
}

export interface Violation {
  /** Name of the invariant. */
  readonly invariant: string;
  readonly text: string;
}

export function versionKey(at: { kind: string; name: string; version: string }): string {
  return `${at.kind}/${at.name}/${at.version}`;
}

/** What the journals say of each handler; those of killed processes ended with them. */
export function handlersOf(
  journal: readonly JournalEntry[],
  kills: readonly Pick<Strike, "pid" | "at">[],
): readonly Handler[] {
  const killedAt = new Map(kills.map(({ pid, at }) => [pid, at]));
  const handlers = new Map<string, Handler>();
  for (const entry of journal) {
    const key = `${entry.pid}/${entry.run}/${entry.step}/${entry.fence}`;
    const known = handlers.get(key) ?? startOf(entry, killedAt.get(entry.pid) ?? null);
    // A second start of one lease is a handler of its own, and a violation.
    if (entry.what === "start" && handlers.has(key)) {
      handlers.set(`${key}/again/${entry.at}`, startOf(entry, killedAt.get(entry.pid) ?? null));
    } else handlers.set(key, withEntry(known, entry));
  }
  return [...handlers.values()];
}

function startOf(entry: JournalEntry, endAt: number | null): Handler {
  const { run, step, attempt, fence, driver, instance, pid, resource, at } = entry;
  const about = { run, step, attempt, fence, driver, instance, pid, resource };
  return { ...about, startAt: at, endAt, logged: null, flushed: 0, lostAt: null };
}

function withEntry(handler: Handler, entry: JournalEntry): Handler {
  const { what, at, detail } = entry;
  if (what === "end") return { ...handler, endAt: at, logged: Number(detail) };
  if (what === "gone") return { ...handler, endAt: at };
  if (what === "flushed") return { ...handler, flushed: Number(detail) };
  if (what === "aborted" && detail === "lease_lost") return { ...handler, lostAt: at };
  return handler;
}

/** Groups by a key, keeping the order. */
export function groupBy<T>(
  values: Iterable<T>,
  keyOf: (value: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}
