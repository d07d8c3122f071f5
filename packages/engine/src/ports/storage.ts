/**
 * The storage port: where all state but log lines is kept, and through which everything is changed.
 *
 * What happens is decided by `runBatch` of core, which an adapter drives: it opens a transaction,
 * loads what the batch asks for, writes what it hands back, and commits.
 *
 * S1 `batch` answers when everything it wrote is durable: it survives `kill -9` and a power cut. All
 *    of a batch is there, or none.
 * S2 Batches happen one after the other, as if alone. Time never goes back from one to the next, and
 *    numbers from `Numbers` are never given twice.
 * S3 Feed positions grow by one with no gap, in the order in which commits become visible.
 * S4 A batch that writes nothing costs no sync.
 * S5 Reads see whole batches only, and each sees all that was answered before it began.
 * S6 After a rejected `batch` nothing of it is there, unless the error is `storage_unavailable`,
 *    when it may or may not be; the caller finds out by asking again.
 */
import type {
  Change,
  Command,
  Definition,
  Driver,
  Effect,
  Key,
  Outcome,
  Pipeline,
  Resource,
  Rules,
  Run,
  RunState,
  Session,
  TableName,
  Tables,
  Topic,
} from "@conveyor-ci/core";

export interface BatchResult {
  /** One for each command, in their order. */
  readonly outcomes: readonly Outcome[];
  readonly effects: readonly Effect[];
  /** What the batch added to the feed. */
  readonly changes: readonly Change[];
}

export interface Storage extends Reads {
  /** Carries out commands in order, each accepted or refused on its own, in one transaction. */
  batch(commands: readonly Command[], rules: Rules): Promise<BatchResult>;
  /**
   * Makes a small write of its own durable, which nobody sees. Rejects with `storage_full` or
   * `storage_unavailable` while a batch that writes would.
   */
  checkWritable(): Promise<void>;
  /** The storage's time: milliseconds since 1970, never going back, also over restarts. */
  now(): number;
  /** Gives back files and connections; idempotent. */
  close(): Promise<void>;
}

/** One page of a list ordered by name. */
export interface NamePage {
  readonly ns: string;
  /** Names after this one; null: from the start. */
  readonly after: string | null;
  readonly limit: number;
}

export interface ResourceQuery {
  readonly ns: string;
  /** Null: of every kind, ordered by kind and name. */
  readonly kind: string | null;
  /** Metadata entries that the newest version must have. */
  readonly labels: Readonly<Record<string, string>>;
  readonly after: { readonly kind: string; readonly name: string } | null;
  readonly limit: number;
}

export interface RunQuery {
  readonly ns: string;
  readonly resource: string | null;
  readonly name: string | null;
  readonly pipeline: string | null;
  readonly driver: string | null;
  readonly state: RunState | null;
  /** Runs accepted before the one at this position; null: from the newest. */
  readonly before: number | null;
  readonly limit: number;
}

export interface QueueDepth extends Topic {
  readonly depth: number;
  /** When the one of its first entries was queued that has waited longest. */
  readonly since: number;
}

export interface QueueQuery {
  readonly ns: string;
  /** Null: of every driver. */
  readonly driver: string | null;
  /** The most topics, in the order of driver, kind and event. */
  readonly limit: number;
  /** Where counting a topic may stop: a deeper one is said to be so deep. */
  readonly upTo: number;
}

/** Reading, outside decisions. Lists are in the order their query names, newest first for runs. */
export interface Reads {
  /** One answer for each key, in their order. */
  load<T extends TableName>(keys: readonly Key<T>[]): Promise<readonly (Tables[T] | undefined)[]>;
  definitions(page: NamePage): Promise<readonly Definition[]>;
  pipelines(page: NamePage): Promise<readonly Pipeline[]>;
  drivers(page: NamePage): Promise<readonly Driver[]>;
  /** Resources that are not deleted. */
  resources(query: ResourceQuery): Promise<readonly Resource[]>;
  runs(query: RunQuery): Promise<readonly Run[]>;
  /** Sessions of all drivers, or of one. */
  sessions(of: {
    readonly ns: string;
    readonly driver: string | null;
  }): Promise<readonly Session[]>;
  /** What is queued and not leased, by topic; costs what it counts. */
  queueDepths(query: QueueQuery): Promise<readonly QueueDepth[]>;
  /** Unfinished runs by state; costs what it counts, and may stop counting a state at `upTo`. */
  unfinishedRuns(of: {
    readonly ns: string;
    readonly upTo: number;
  }): Promise<Readonly<Partial<Record<RunState, number>>>>;
  /** The feed after a position, in order. */
  changes(of: {
    readonly ns: string;
    readonly after: number;
    readonly limit: number;
  }): Promise<readonly Change[]>;
  /** Position of the newest change; 0 when there is none. */
  lastChange(): Promise<number>;
}
