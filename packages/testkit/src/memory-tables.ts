/** The records of the storage in memory, by table, and every search in the simplest words. */
import {
  isRunEnded,
  type Key,
  keysOf,
  type Resource,
  type Run,
  type SearchRequest,
  type Session,
  TABLE_NAMES,
  type TableName,
  type Tables,
} from "@conveyor-ci/core";

interface Stored<T extends TableName> {
  readonly key: Key<T>;
  readonly value: Tables[T];
}

/** One record that a batch wrote: what was there, and what is there now; undefined: nothing. */
export interface Written<T extends TableName = TableName> {
  readonly key: Key<T>;
  readonly before: Tables[T] | undefined;
  readonly after: Tables[T] | undefined;
}

export function compare<P extends string | number>(a: P, b: P): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export class MemoryTables {
  readonly #tables: Map<TableName, Map<string, Stored<TableName>>>;

  constructor(from?: MemoryTables) {
    this.#tables = new Map(TABLE_NAMES.map((name) => [name, new Map(from?.table(name))]));
  }

  /** Records by the texts of their keys. */
  table<T extends TableName>(name: T): Map<string, Stored<T>> {
    return this.#tables.get(name) as unknown as Map<string, Stored<T>>;
  }

  get<T extends TableName>(key: Key<T>): Tables[T] | undefined {
    return this.table(key.table).get(key.text)?.value;
  }

  put<T extends TableName>(key: Key<T>, value: Tables[T] | undefined): void {
    if (value === undefined) this.table(key.table).delete(key.text);
    else this.table(key.table).set(key.text, { key, value });
  }

  /** Every record of a table, of all namespaces. */
  all<T extends TableName>(name: T): readonly Tables[T][] {
    return [...this.table(name).values()].map(({ value }) => value);
  }

  of<T extends TableName>(ns: string, name: T): readonly Tables[T][] {
    const stored = [...this.table(name).values()].filter(({ key }) => key.ns === ns);
    return stored.map(({ value }) => value);
  }

  search({ ns, search }: SearchRequest, now: number): readonly Key[] {
    const keys = keysOf(ns);
    switch (search.kind) {
      case "queue": {
        const { driver, resource, event, limit } = search;
        const isOf = (e: Tables["queue"]): boolean => e.kind === resource && e.event === event;
        return this.queue(ns, driver).filter(isOf).slice(0, limit).map(keys.queue);
      }
      case "queueOfDriver":
        return this.queue(ns, search.driver).slice(0, search.limit).map(keys.queue);
      case "orphans":
        return this.of(ns, "orphan")
          .filter(({ kind, event }) => kind === search.resource && event === search.event)
          .sort((a, b) => a.position - b.position)
          .slice(0, search.limit)
          .map(keys.orphan);
      case "timersDue":
        return this.of(ns, "timer")
          .filter(({ at }) => at <= now)
          .sort((a, b) => a.at - b.at || compare(a.run, b.run) || compare(a.step, b.step))
          .slice(0, search.limit)
          .map(keys.timer);
      case "sessionsDue":
        return this.of(ns, "session")
          .filter(({ expiresAt }) => expiresAt <= now)
          .sort((a, b) => a.expiresAt - b.expiresAt || compare(a.id, b.id))
          .slice(0, search.limit)
          .map(({ id }) => keys.session(id));
      case "sessions":
        return this.sessions(ns, search.driver).map(({ id }) => keys.session(id));
      case "openRuns":
        return this.openRuns(ns)
          .filter(({ resource: r }) => r.kind === search.resource && r.name === search.name)
          .map(({ id }) => keys.run(id));
      case "usesOfDefinition":
        return this.usesOfDefinition(ns, search.name).slice(0, 1);
      case "usesOfPipeline":
        return this.usesOfPipeline(ns, search.name).slice(0, 1);
    }
  }

  queue(ns: string, driver: string): readonly Tables["queue"][] {
    const entries = this.of(ns, "queue").filter((entry) => entry.driver === driver);
    return [...entries].sort((a, b) => a.position - b.position || compare(a.step, b.step));
  }

  openRuns(ns: string): readonly Run[] {
    const open = this.of(ns, "run").filter((run) => !isRunEnded(run.state));
    return [...open].sort((a, b) => a.position - b.position);
  }

  usesOfDefinition(ns: string, name: string): readonly Key[] {
    const keys = keysOf(ns);
    const resources = this.resources(ns).filter(({ kind }) => kind === name);
    const pipelines = this.of(ns, "pipeline").filter(({ resource }) => resource === name);
    return [...resources.map(keys.resource), ...pipelines.map((one) => keys.pipeline(one.name))];
  }

  usesOfPipeline(ns: string, name: string): readonly Key[] {
    const keys = keysOf(ns);
    const resources = this.resources(ns).filter(({ pipeline }) => pipeline === name);
    const runs = this.openRuns(ns).filter(({ pipeline }) => pipeline?.name === name);
    return [...resources.map(keys.resource), ...runs.map(({ id }) => keys.run(id))];
  }

  resources(ns: string): readonly Resource[] {
    const resources = this.of(ns, "resource").filter(({ phase }) => phase !== "deleted");
    return [...resources].sort((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name));
  }

  sessions(ns: string, driver: string | null): readonly Session[] {
    const sessions = this.of(ns, "session").filter(
      (session) => driver === null || session.driver === driver,
    );
    return [...sessions].sort((a, b) => compare(a.id, b.id));
  }
}
