/**
 * The storage on SQLite: one file, one connection, one writer on the thread that asks.
 *
 * S1 A batch is one transaction, committed with a sync before its answer. It runs from its first
 *    statement to its commit without letting anything else in, so batches and reads happen one after
 *    the other and each read sees whole batches only.
 * S2 Counters and time in memory follow the commit, never lead it.
 * S3 After a failure the transaction is rolled back, nothing of the batch is there, and the storage
 *    can be used on.
 * S4 A batch that writes nothing ends with a commit that has nothing to sync.
 */

import {
  type BatchOutput,
  type Change,
  type Command,
  ConveyorError,
  type Definition,
  type Driver,
  type Key,
  type Load,
  type Pipeline,
  type Resource,
  type Rules,
  type Run,
  type RunState,
  runBatch,
  type Session,
  type TableName,
  type Tables,
  View,
} from "@conveyor-ci/core";
import type {
  BatchResult,
  LogStore,
  NamePage,
  QueueDepth,
  QueueQuery,
  ResourceQuery,
  RunQuery,
  Storage,
} from "@conveyor-ci/engine/ports";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import { BatchNumbers, type Counters, type CounterTable, openCounters } from "./counters.ts";
import { type OpenDatabase, openDatabase, placeOf } from "./database.ts";
import { type Feed, openFeed } from "./feed.ts";
import { openQueueDepths, type QueueDepths } from "./queue-depths.ts";
import { type Nouns, openNouns, Records } from "./records.ts";
import { search } from "./searches.ts";
import { SqliteLogStore } from "./sqlite-log-store.ts";
import { Statement } from "./statement.ts";
import { growing, steadyTime, systemTimes } from "./steady-time.ts";
import { storageError } from "./storage-error.ts";

/** About what the commit of a small mutation writes. */
const PROBE_BYTES = 16 * 1024;
const PROBE = "INSERT OR REPLACE INTO probe (id, filler) VALUES (1, randomblob(?))";

export type SqliteOptions = ({ readonly directory: string } | { readonly file: string }) & {
  /** Milliseconds since 1970, in place of the process's clock; for tests. */
  readonly now?: () => number;
};

/**
 * Opens the database of a data directory, and makes both where they are missing.
 *
 * @throws ConveyorError `data_directory_in_use` while another server has it, `database_newer` when a
 * newer version wrote it, `storage_full` and `storage_unavailable` as the disk has it.
 */
export function openSqliteStorage(options: SqliteOptions): SqliteStorage {
  const opened = openDatabase(placeOf(options));
  try {
    return new SqliteStorage(opened, options.now);
  } catch (error) {
    opened.db.close();
    opened.lock.release();
    throw storageError(error, opened.file);
  }
}

/** The ports `Storage` and, as `logs`, `LogStore`, on one SQLite file. */
export class SqliteStorage implements Storage {
  /** The log port, on the same file. */
  readonly logs: LogStore;
  readonly #opened: OpenDatabase;
  readonly #db: DatabaseSync;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #probe: Statement;
  readonly #nouns: Nouns;
  readonly #records: Records;
  readonly #queueDepths: QueueDepths;
  readonly #feed: Feed;
  readonly #counterTable: CounterTable;
  readonly #time: () => number;
  #counters: Counters;

  /** Use `openSqliteStorage`. */
  constructor(opened: OpenDatabase, now?: () => number) {
    const { db } = opened;
    this.#opened = opened;
    this.#db = db;
    this.#begin = new Statement(db, "BEGIN IMMEDIATE");
    this.#commit = new Statement(db, "COMMIT");
    this.#probe = new Statement(db, PROBE);
    this.#nouns = openNouns(db);
    this.#records = new Records(db, this.#nouns);
    this.#queueDepths = openQueueDepths(db, { queue: this.#nouns.queue, records: this.#records });
    this.#feed = openFeed(db);
    this.#counterTable = openCounters(db);
    this.#counters = this.#counterTable.load();
    const notBefore = this.#counters.time;
    this.#time = now === undefined ? steadyTime(notBefore, systemTimes) : growing(notBefore, now);
    this.logs = new SqliteLogStore(db);
  }

  async batch(commands: readonly Command[], rules: Rules): Promise<BatchResult> {
    this.#assertOpen();
    try {
      this.#begin.run();
      const result = this.#decide(commands, rules);
      this.#commit.run();
      this.#counters = result.counters;
      return result.answer;
    } catch (error) {
      this.#rollBack();
      throw storageError(error, this.#opened.file);
    }
  }

  #decide(
    commands: readonly Command[],
    rules: Rules,
  ): { readonly answer: BatchResult; readonly counters: Counters } {
    const now = this.#time();
    const view = new View();
    const numbers = new BatchNumbers(this.#counters);
    const batch = runBatch({ commands, now, view, rules, numbers });
    let turn = batch.next();
    while (turn.done !== true) {
      for (const load of turn.value) this.#load(view, load, now);
      turn = batch.next();
    }
    const { outcomes, effects } = turn.value;
    const { changes, counters } = this.#write(turn.value, { numbers, now });
    return { answer: { outcomes, effects, changes }, counters };
  }

  #load(view: View, load: Load, now: number): void {
    if (load.kind === "record") {
      view.loaded(load.key, this.#records.get(load.key));
      return;
    }
    const found = search(this.#nouns, load.request, now);
    for (const { key, record } of found) view.loaded(key, record);
    view.found(
      load.request,
      found.map(({ key }) => key),
    );
  }

  #write(
    output: BatchOutput,
    of: { readonly numbers: BatchNumbers; readonly now: number },
  ): { readonly changes: readonly Change[]; readonly counters: Counters } {
    if (output.writes.length === 0 && output.changes.length === 0) {
      return { changes: [], counters: this.#counters }; // S4
    }
    this.#records.write(output.writes);
    const changes = this.#feed.append(output.changes, this.#counters.feedPosition);
    const feedPosition = this.#counters.feedPosition + changes.length;
    const counters = of.numbers.counters({ feedPosition, time: of.now });
    this.#counterTable.store(counters);
    return { changes, counters };
  }

  async checkWritable(): Promise<void> {
    this.#assertOpen();
    try {
      this.#begin.run();
      this.#probe.run(PROBE_BYTES);
      this.#commit.run();
    } catch (error) {
      this.#rollBack();
      throw storageError(error, this.#opened.file);
    }
  }

  /** S3. Some failures have already rolled back. */
  #rollBack(): void {
    this.#records.rolledBack();
    if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec("ROLLBACK");
  }

  now(): number {
    return this.#time();
  }

  async close(): Promise<void> {
    const { db, lock } = this.#opened;
    // Closing the last connection moves the write-ahead log into the database.
    if (db.isOpen) db.close();
    lock.release();
  }

  async load<T extends TableName>(
    keys: readonly Key<T>[],
  ): Promise<readonly (Tables[T] | undefined)[]> {
    return this.#read(() => keys.map((key) => this.#records.get(key)));
  }

  async definitions(page: NamePage): Promise<readonly Definition[]> {
    return this.#read(() => this.#nouns.definitions.list(page));
  }

  async pipelines(page: NamePage): Promise<readonly Pipeline[]> {
    return this.#read(() => this.#nouns.pipelines.list(page));
  }

  async drivers(page: NamePage): Promise<readonly Driver[]> {
    return this.#read(() => this.#nouns.drivers.list(page));
  }

  async resources(query: ResourceQuery): Promise<readonly Resource[]> {
    return this.#read(() => this.#nouns.resources.list(query));
  }

  async runs(query: RunQuery): Promise<readonly Run[]> {
    return this.#read(() => this.#nouns.runs.list(query));
  }

  async sessions(of: {
    readonly ns: string;
    readonly driver: string | null;
  }): Promise<readonly Session[]> {
    return this.#read(() => this.#nouns.sessions.list(of));
  }

  async queueDepths(query: QueueQuery): Promise<readonly QueueDepth[]> {
    return this.#read(() => this.#queueDepths.list(query));
  }

  async unfinishedRuns(of: {
    readonly ns: string;
    readonly upTo: number;
  }): Promise<Readonly<Partial<Record<RunState, number>>>> {
    return this.#read(() => this.#nouns.runs.openByState(of.ns, of.upTo));
  }

  async changes(of: {
    readonly ns: string;
    readonly after: number;
    readonly limit: number;
  }): Promise<readonly Change[]> {
    return this.#read(() => this.#feed.read(of));
  }

  async lastChange(): Promise<number> {
    return this.#counters.feedPosition;
  }

  #read<R>(read: () => R): R {
    this.#assertOpen();
    try {
      return read();
    } catch (error) {
      throw storageError(error, this.#opened.file);
    }
  }

  #assertOpen(): void {
    if (this.#db.isOpen) return;
    const { file } = this.#opened;
    throw new ConveyorError({ code: "storage_unavailable", message: `${file} is closed` });
  }
}
