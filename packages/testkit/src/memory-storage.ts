/**
 * The storage ports on plain maps, for tests only: nothing is durable, nothing is fast, and every
 * rule stands in the simplest words that keep it.
 *
 * M1 What is handed out is frozen, so that a test in which somebody changes a record fails.
 * M2 A batch that throws leaves nothing.
 */
import {
  type Change,
  type Command,
  type Definition,
  type Driver,
  type Key,
  keysOf,
  type Load,
  type LogChunk,
  type Pipeline,
  type Resource,
  type Rules,
  type Run,
  type RunState,
  runBatch,
  type Session,
  stepOf,
  type TableName,
  type Tables,
  View,
  type Write,
} from "@conveyor-ci/core";
import type {
  BatchResult,
  LogPage,
  LogQuery,
  LogStore,
  NamePage,
  QueueDepth,
  QueueQuery,
  ResourceQuery,
  RunQuery,
  Storage,
} from "@conveyor-ci/engine/ports";
import { compare, MemoryTables, type Written } from "./memory-tables.ts";

type NamedChange = Change & { readonly ns: string };

export interface MemoryStorageOptions {
  /** Milliseconds since 1970; the process's clock unless given. */
  readonly now?: () => number;
  /**
   * Told what a batch is about to write; answers what is written. For tests that watch every record,
   * and for those that try out what finds a storage that writes something else.
   */
  readonly onWrite?: (writes: readonly Written[]) => readonly Written[];
}

/** Where a storage stands between two batches. */
export interface Mark {
  readonly runPosition: number;
  readonly leaseToken: number;
  readonly changes: number;
  readonly time: number;
}

function deepFreeze<V>(value: V): V {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}

/** `Storage` and `LogStore` in memory. */
export class MemoryStorage implements Storage, LogStore {
  readonly logs: LogStore = this;
  #tables = new MemoryTables();
  #feed: NamedChange[] = [];
  #runPosition = 0;
  #leaseToken = 0;
  #time = 0;
  #isOpen = true;
  readonly #now: () => number;
  readonly #onWrite: MemoryStorageOptions["onWrite"];

  constructor(options: MemoryStorageOptions = {}) {
    this.#now = options.now ?? Date.now;
    this.#onWrite = options.onWrite;
  }

  mark(): Mark {
    return {
      runPosition: this.#runPosition,
      leaseToken: this.#leaseToken,
      changes: this.#feed.length,
      time: this.#time,
    };
  }

  /** A storage of its own that stands where this one stood, given all that it wrote since. */
  past(mark: Mark, written: readonly Written[], options: MemoryStorageOptions): MemoryStorage {
    const past = new MemoryStorage(options);
    past.#tables = new MemoryTables(this.#tables);
    for (const { key, before } of written.toReversed()) past.#tables.put(key, before);
    past.#feed = this.#feed.slice(0, mark.changes);
    past.#runPosition = mark.runPosition;
    past.#leaseToken = mark.leaseToken;
    past.#time = mark.time;
    return past;
  }

  now(): number {
    this.#time = Math.max(this.#time, Math.floor(this.#now()));
    return this.#time;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }

  async batch(commands: readonly Command[], rules: Rules): Promise<BatchResult> {
    if (!this.#isOpen) throw new Error("the storage is closed");
    const now = this.now();
    const view = new View();
    const numbers = {
      nextRunPosition: () => (this.#runPosition += 1),
      nextLeaseToken: () => (this.#leaseToken += 1),
    };
    const batch = runBatch({ commands: structuredClone(commands), now, view, rules, numbers });
    let turn = batch.next();
    while (turn.done !== true) {
      for (const load of turn.value) this.#load(view, load, now);
      turn = batch.next();
    }
    const { outcomes, effects, writes, changes } = turn.value;
    for (const { key, after } of this.#toWrite(writes)) this.#tables.put(key, deepFreeze(after));
    const last = this.#feed.length;
    const added = changes.map((change, index) => ({ position: last + index + 1, ...change }));
    this.#feed.push(...added);
    return deepFreeze({ outcomes, effects, changes: added.map(withoutNs) });
  }

  async checkWritable(): Promise<void> {
    if (!this.#isOpen) throw new Error("the storage is closed");
  }

  #toWrite(writes: readonly Write[]): readonly Pick<Written, "key" | "after">[] {
    if (this.#onWrite === undefined) return writes;
    const told = writes.map(({ key, after }) => ({ key, before: this.#tables.get(key), after }));
    return this.#onWrite(told);
  }

  #load(view: View, load: Load, now: number): void {
    if (load.kind === "record") {
      view.loaded(load.key, this.#tables.get(load.key));
      return;
    }
    const keys = this.#tables.search(load.request, now);
    for (const key of keys) view.loaded(key, this.#tables.get(key));
    view.found(load.request, keys);
  }

  /** Every record of a table, of all namespaces, for tests that look behind the port. */
  all<T extends TableName>(name: T): readonly Tables[T][] {
    return this.#tables.all(name);
  }

  async load<T extends TableName>(
    keys: readonly Key<T>[],
  ): Promise<readonly (Tables[T] | undefined)[]> {
    return keys.map((key) => this.#tables.get(key));
  }

  #named<R extends { readonly name: string }>(all: readonly R[], page: NamePage): readonly R[] {
    const { after, limit } = page;
    return all
      .filter(({ name }) => after === null || name > after)
      .sort((a, b) => compare(a.name, b.name))
      .slice(0, limit);
  }

  async definitions(page: NamePage): Promise<readonly Definition[]> {
    return this.#named(this.#tables.of(page.ns, "definition"), page);
  }

  async pipelines(page: NamePage): Promise<readonly Pipeline[]> {
    return this.#named(this.#tables.of(page.ns, "pipeline"), page);
  }

  async drivers(page: NamePage): Promise<readonly Driver[]> {
    return this.#named(this.#tables.of(page.ns, "driver"), page);
  }

  async resources(query: ResourceQuery): Promise<readonly Resource[]> {
    const { ns, kind, labels, after, limit } = query;
    return this.#tables
      .resources(ns)
      .filter((resource) => kind === null || resource.kind === kind)
      .filter((resource) => this.#hasLabels(ns, resource, labels))
      .filter(
        (r) => after === null || compare(r.kind, after.kind) * 2 + compare(r.name, after.name) > 0,
      )
      .slice(0, limit);
  }

  #hasLabels(ns: string, resource: Resource, labels: ResourceQuery["labels"]): boolean {
    const version = this.#tables.get(keysOf(ns).version(resource));
    return Object.entries(labels).every(([name, value]) => version?.metadata[name] === value);
  }

  async runs(query: RunQuery): Promise<readonly Run[]> {
    const { ns, resource, name, pipeline, driver, state, before, limit } = query;
    return this.#tables
      .of(ns, "run")
      .filter((run) => before === null || run.position < before)
      .filter((run) => resource === null || run.resource.kind === resource)
      .filter((run) => name === null || run.resource.name === name)
      .filter((run) => pipeline === null || run.pipeline?.name === pipeline)
      .filter((run) => driver === null || run.steps.some((step) => step.driver === driver))
      .filter((run) => state === null || run.state === state)
      .sort((a, b) => b.position - a.position)
      .slice(0, limit);
  }

  async sessions(of: {
    readonly ns: string;
    readonly driver: string | null;
  }): Promise<readonly Session[]> {
    return this.#tables.sessions(of.ns, of.driver);
  }

  async queueDepths({ ns, driver: only, limit, upTo }: QueueQuery): Promise<readonly QueueDepth[]> {
    const depths = new Map<string, QueueDepth>();
    for (const { driver, kind, event, run: id, step: stepId } of this.#tables.of(ns, "queue")) {
      if (only !== null && only !== driver) continue;
      const topic = `${driver}\n${kind}\n${event}`;
      const run = this.#tables.get(keysOf(ns).run(id));
      const step = run === undefined ? undefined : stepOf(run, stepId);
      const queuedAt = step?.state === "queued" ? step.since : Number.POSITIVE_INFINITY;
      const { depth, since } = depths.get(topic) ?? { depth: 0, since: queuedAt };
      const counted = Math.min(depth + 1, upTo);
      depths.set(topic, { driver, kind, event, depth: counted, since: Math.min(since, queuedAt) });
    }
    const sorted = [...depths].sort(([a], [b]) => compare(a, b)).map(([, depth]) => depth);
    return sorted.slice(0, limit);
  }

  async unfinishedRuns(of: {
    readonly ns: string;
    readonly upTo: number;
  }): Promise<Readonly<Partial<Record<RunState, number>>>> {
    const counts: Partial<Record<RunState, number>> = {};
    for (const { state } of this.#tables.openRuns(of.ns)) {
      counts[state] = Math.min((counts[state] ?? 0) + 1, of.upTo);
    }
    return counts;
  }

  async changes(of: {
    readonly ns: string;
    readonly after: number;
    readonly limit: number;
  }): Promise<readonly Change[]> {
    const after = this.#feed.filter(({ position, ns }) => position > of.after && ns === of.ns);
    return after.slice(0, of.limit).map(withoutNs);
  }

  async lastChange(): Promise<number> {
    return this.#feed.length;
  }

  async read(query: LogQuery): Promise<LogPage> {
    const left = this.#tables
      .of(query.ns, "chunk")
      .filter((chunk) => isAsked(chunk, query))
      .sort((a, b) => a.position - b.position || a.first - b.first);
    let sizeBytes = 0;
    let count = 0;
    for (const { lines } of left) {
      sizeBytes += JSON.stringify(lines).length;
      if (count > 0 && sizeBytes > query.maxBytes) break;
      count += 1;
    }
    const chunks = left.slice(0, count);
    const last = chunks.at(-1);
    if (last === undefined || count === left.length) return { chunks, next: null };
    return { chunks, next: { position: last.position, after: lastSeq(last) } };
  }
}

function withoutNs({ ns: _, ...change }: NamedChange): Change {
  return change;
}

function lastSeq(chunk: LogChunk): number {
  return chunk.first + chunk.lines.length - 1;
}

function isAsked(chunk: LogChunk, query: LogQuery): boolean {
  const { position, driver, pipeline, step, after } = query;
  if (position !== null && chunk.position !== position) return false;
  if (driver !== null && chunk.driver !== driver) return false;
  if (pipeline !== null && chunk.pipeline !== pipeline) return false;
  if (step !== null && chunk.step !== step) return false;
  if (after === null || chunk.position > after.position) return true;
  return chunk.position === after.position && lastSeq(chunk) > after.after;
}
