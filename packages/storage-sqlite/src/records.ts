/** All tables by name: what a view loads and what a batch writes. */

import {
  isRunEnded,
  isStepEnded,
  type Key,
  type Run,
  type TableName,
  type Tables,
  type Write,
} from "@conveyor-ci/core";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import { type Definitions, openDefinitions, openPipelines, type Pipelines } from "./definitions.ts";
import { openLogChunks, openLogHeads } from "./logs.ts";
import { openQueue, type Queue } from "./queue.ts";
import { RecentRecords, recentTable } from "./recent-records.ts";
import { openResources, type Resources } from "./resources.ts";
import { openRuns, type Runs } from "./runs.ts";
import { type Drivers, openDrivers, openSessions, type Sessions } from "./sessions.ts";
import type { Table } from "./table.ts";

/** The statements of each noun. */
export interface Nouns {
  readonly definitions: Definitions;
  readonly pipelines: Pipelines;
  readonly resources: Resources;
  readonly runs: Runs;
  readonly queue: Queue;
  readonly drivers: Drivers;
  readonly sessions: Sessions;
}

export function openNouns(db: DatabaseSync): Nouns {
  return {
    definitions: openDefinitions(db),
    pipelines: openPipelines(db),
    resources: openResources(db),
    runs: openRuns(db),
    queue: openQueue(db),
    drivers: openDrivers(db),
    sessions: openSessions(db),
  };
}

type TableOfName = { readonly [T in TableName]: Table<T> };

export class Records {
  readonly #tables: TableOfName;
  readonly #runs: Runs;
  readonly #recent = new RecentRecords();

  constructor(db: DatabaseSync, nouns: Nouns) {
    const recent = this.#recent;
    this.#runs = nouns.runs;
    this.#tables = {
      definition: recentTable(nouns.definitions.table, recent, sizeOfDefinition),
      pipeline: nouns.pipelines.table,
      revision: nouns.pipelines.revisions,
      resource: nouns.resources.table,
      version: nouns.resources.versions,
      run: recentTable(nouns.runs.table, recent, sizeOfRun),
      data: nouns.runs.data,
      queue: nouns.queue.table,
      orphan: nouns.queue.orphans,
      timer: nouns.queue.timers,
      driver: nouns.drivers.table,
      listeners: recentTable(nouns.drivers.listeners, recent, sizeOfListeners),
      session: recentTable(nouns.sessions.table, recent, sizeOfSession),
      head: recentTable(openLogHeads(db), recent, sizeOfHead),
      chunk: openLogChunks(db),
    };
  }

  get<T extends TableName>(key: Key<T>): Tables[T] | undefined {
    const table: Table<T> = this.#tables[key.table];
    return table.get(key);
  }

  /** Forgets what is kept in memory: what was written has not been committed. */
  rolledBack(): void {
    this.#recent.clear();
  }

  write(writes: readonly Write[]): void {
    const adopted = new Set<string>();
    for (const write of writes) {
      this.#writeOne(write);
      if (write.key.table === "orphan" && write.after === undefined) {
        adopted.add(String(write.key.parts[3]));
      }
    }
    if (adopted.size > 0) this.#addDrivers(writes, adopted);
  }

  #writeOne<T extends TableName>({ key, after, stored }: Write<T>): void {
    const table: Table<T> = this.#tables[key.table];
    if (after === undefined) table.delete(key);
    else if (stored) table.replace(key, after);
    else table.insert(key, after);
  }

  /** Orphans that were adopted have got their step runs only now. */
  #addDrivers(writes: readonly Write[], adopted: ReadonlySet<string>): void {
    for (const { key, after } of writes) {
      if (key.table !== "run" || after === undefined) continue;
      const run = after as Run;
      if (adopted.has(run.id)) this.#runs.addDrivers(key.ns, run);
    }
  }
}

/** About what a small record, or an entry of a list in one, takes. */
const RECORD_BYTES = 512;

/** Definitions are large where their schemas are, and few. */
function sizeOfDefinition({ schema }: Tables["definition"]): number {
  return RECORD_BYTES + JSON.stringify(schema).length;
}

/** A run that has ended is seldom read again by a decision. */
function sizeOfRun({ state, steps }: Run): number | null {
  if (isRunEnded(state)) return null;
  let sizeBytes = RECORD_BYTES;
  for (const step of steps) {
    sizeBytes += RECORD_BYTES * (1 + step.attempts.length);
    if (isStepEnded(step)) sizeBytes += step.message?.length ?? 0;
  }
  return sizeBytes;
}

function sizeOfListeners({ drivers }: Tables["listeners"]): number {
  return RECORD_BYTES * (1 + Object.keys(drivers).length);
}

function sizeOfSession({ leases }: Tables["session"]): number {
  return RECORD_BYTES + leases.length * 128;
}

function sizeOfHead(): number {
  return RECORD_BYTES;
}
