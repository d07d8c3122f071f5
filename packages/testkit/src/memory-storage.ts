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
  isRunEnded,
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
  type SearchRequest,
  type Session,
  stepOf,
  TABLE_NAMES,
  type TableName,
  type Tables,
  View,
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

interface Stored<T extends TableName> {
  readonly key: Key<T>;
  readonly value: Tables[T];
}

type NamedChange = Change & { readonly ns: string };

export interface MemoryStorageOptions {
  /** Milliseconds since 1970; the process's clock unless given. */
  readonly now?: () => number;
}

function deepFreeze<V>(value: V): V {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}

function compare<P extends string | number>(a: P, b: P): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `Storage` and `LogStore` in memory. */
export class MemoryStorage implements Storage, LogStore {
  readonly logs: LogStore = this;
  #tables = new Map(TABLE_NAMES.map((name) => [name, new Map<string, Stored<TableName>>()]));
  readonly #feed: NamedChange[] = [];
  #runPosition = 0;
  #leaseToken = 0;
  #time = 0;
  #isOpen = true;
  readonly #now: () => number;

  constructor(options: MemoryStorageOptions = {}) {
    this.#now = options.now ?? Date.now;
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
    for (const { key, after } of writes) {
      const table = this.#table(key.table);
      if (after === undefined) table.delete(key.text);
      else table.set(key.text, { key, value: deepFreeze(after) });
    }
    const last = this.#feed.length;
    const added = changes.map((change, index) => ({ position: last + index + 1, ...change }));
    this.#feed.push(...added);
    return deepFreeze({ outcomes, effects, changes: added.map(withoutNs) });
  }

  async checkWritable(): Promise<void> {
    if (!this.#isOpen) throw new Error("the storage is closed");
  }

  #table<T extends TableName>(name: T): Map<string, Stored<T>> {
    return this.#tables.get(name) as unknown as Map<string, Stored<T>>;
  }

  #of<T extends TableName>(ns: string, name: T): readonly Tables[T][] {
    const stored = [...this.#table(name).values()].filter(({ key }) => key.ns === ns);
    return stored.map(({ value }) => value);
  }

  #load(view: View, load: Load, now: number): void {
    if (load.kind === "record") {
      view.loaded(load.key, this.#table(load.key.table).get(load.key.text)?.value);
      return;
    }
    const keys = this.#search(load.request, now);
    for (const key of keys) view.loaded(key, this.#table(key.table).get(key.text)?.value);
    view.found(load.request, keys);
  }

  #search({ ns, search }: SearchRequest, now: number): readonly Key[] {
    const keys = keysOf(ns);
    switch (search.kind) {
      case "queue": {
        const { driver, resource, event, limit } = search;
        const isOf = (e: Tables["queue"]): boolean => e.kind === resource && e.event === event;
        return this.#queue(ns, driver).filter(isOf).slice(0, limit).map(keys.queue);
      }
      case "queueOfDriver":
        return this.#queue(ns, search.driver).slice(0, search.limit).map(keys.queue);
      case "orphans":
        return this.#of(ns, "orphan")
          .filter(({ kind, event }) => kind === search.resource && event === search.event)
          .sort((a, b) => a.position - b.position)
          .slice(0, search.limit)
          .map(keys.orphan);
      case "timersDue":
        return this.#of(ns, "timer")
          .filter(({ at }) => at <= now)
          .sort((a, b) => a.at - b.at || compare(a.run, b.run) || compare(a.step, b.step))
          .slice(0, search.limit)
          .map(keys.timer);
      case "sessionsDue":
        return this.#of(ns, "session")
          .filter(({ expiresAt }) => expiresAt <= now)
          .sort((a, b) => a.expiresAt - b.expiresAt || compare(a.id, b.id))
          .slice(0, search.limit)
          .map(({ id }) => keys.session(id));
      case "sessions":
        return this.#sessions(ns, search.driver).map(({ id }) => keys.session(id));
      case "openRuns":
        return this.#openRuns(ns)
          .filter(({ resource: r }) => r.kind === search.resource && r.name === search.name)
          .map(({ id }) => keys.run(id));
      case "usesOfDefinition":
        return this.#usesOfDefinition(ns, search.name).slice(0, 1);
      case "usesOfPipeline":
        return this.#usesOfPipeline(ns, search.name).slice(0, 1);
    }
  }

  #queue(ns: string, driver: string): readonly Tables["queue"][] {
    const entries = this.#of(ns, "queue").filter((entry) => entry.driver === driver);
    return [...entries].sort((a, b) => a.position - b.position || compare(a.step, b.step));
  }

  #openRuns(ns: string): readonly Run[] {
    const open = this.#of(ns, "run").filter((run) => !isRunEnded(run.state));
    return [...open].sort((a, b) => a.position - b.position);
  }

  #usesOfDefinition(ns: string, name: string): readonly Key[] {
    const keys = keysOf(ns);
    const resources = this.#resources(ns).filter(({ kind }) => kind === name);
    const pipelines = this.#of(ns, "pipeline").filter(({ resource }) => resource === name);
    return [...resources.map(keys.resource), ...pipelines.map((one) => keys.pipeline(one.name))];
  }

  #usesOfPipeline(ns: string, name: string): readonly Key[] {
    const keys = keysOf(ns);
    const resources = this.#resources(ns).filter(({ pipeline }) => pipeline === name);
    const runs = this.#openRuns(ns).filter(({ pipeline }) => pipeline?.name === name);
    return [...resources.map(keys.resource), ...runs.map(({ id }) => keys.run(id))];
  }

  #resources(ns: string): readonly Resource[] {
    const resources = this.#of(ns, "resource").filter(({ phase }) => phase !== "deleted");
    return [...resources].sort((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name));
  }

  #sessions(ns: string, driver: string | null): readonly Session[] {
    const sessions = this.#of(ns, "session").filter(
      (session) => driver === null || session.driver === driver,
    );
    return [...sessions].sort((a, b) => compare(a.id, b.id));
  }

  /** Every record of a table, of all namespaces, for tests that look behind the port. */
  all<T extends TableName>(name: T): readonly Tables[T][] {
    return [...this.#table(name).values()].map(({ value }) => value);
  }

  async load<T extends TableName>(
    keys: readonly Key<T>[],
  ): Promise<readonly (Tables[T] | undefined)[]> {
    return keys.map((key) => this.#table(key.table).get(key.text)?.value);
  }

  #named<R extends { readonly name: string }>(all: readonly R[], page: NamePage): readonly R[] {
    const { after, limit } = page;
    return all
      .filter(({ name }) => after === null || name > after)
      .sort((a, b) => compare(a.name, b.name))
      .slice(0, limit);
  }

  async definitions(page: NamePage): Promise<readonly Definition[]> {
    return this.#named(this.#of(page.ns, "definition"), page);
  }

  async pipelines(page: NamePage): Promise<readonly Pipeline[]> {
    return this.#named(this.#of(page.ns, "pipeline"), page);
  }

  async drivers(page: NamePage): Promise<readonly Driver[]> {
    return this.#named(this.#of(page.ns, "driver"), page);
  }

  async resources(query: ResourceQuery): Promise<readonly Resource[]> {
    const { ns, kind, labels, after, limit } = query;
    return this.#resources(ns)
      .filter((resource) => kind === null || resource.kind === kind)
      .filter((resource) => this.#hasLabels(ns, resource, labels))
      .filter(
        (r) => after === null || compare(r.kind, after.kind) * 2 + compare(r.name, after.name) > 0,
      )
      .slice(0, limit);
  }

  #hasLabels(ns: string, resource: Resource, labels: ResourceQuery["labels"]): boolean {
    const version = this.#table("version").get(keysOf(ns).version(resource).text)?.value;
    return Object.entries(labels).every(([name, value]) => version?.metadata[name] === value);
  }

  async runs(query: RunQuery): Promise<readonly Run[]> {
    const { ns, resource, name, pipeline, driver, state, before, limit } = query;
    return this.#of(ns, "run")
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
    return this.#sessions(of.ns, of.driver);
  }

  async queueDepths({ ns, driver: only, limit, upTo }: QueueQuery): Promise<readonly QueueDepth[]> {
    const depths = new Map<string, QueueDepth>();
    for (const { driver, kind, event, run: id, step: stepId } of this.#of(ns, "queue")) {
      if (only !== null && only !== driver) continue;
      const topic = `${driver}\n${kind}\n${event}`;
      const run = this.#table("run").get(keysOf(ns).run(id).text)?.value;
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
    for (const { state } of this.#openRuns(of.ns)) {
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
    const left = this.#of(query.ns, "chunk")
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
