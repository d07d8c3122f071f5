/** What waits: queue entries, orphans and timers. Small tables whose rows are their keys. */

import type { EventName, Orphan, QueueEntry, Search, Timer } from "@conveyor-ci/core";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import { Statement } from "./statement.ts";
import { keyTable, type Table } from "./table.ts";

const QUEUE = {
  select: `
    SELECT 1 AS found FROM queue
    WHERE ns = ? AND driver = ? AND kind = ? AND event = ? AND position = ? AND run = ? AND step = ?`,
  insert: `
    INSERT INTO queue (ns, driver, kind, event, position, run, step) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  remove: `
    DELETE FROM queue
    WHERE ns = ? AND driver = ? AND kind = ? AND event = ? AND position = ? AND run = ? AND step = ?`,
};

const QUEUE_OF_TOPIC = `
  SELECT driver, kind, event, position, run, step FROM queue
  WHERE ns = ? AND driver = ? AND kind = ? AND event = ? ORDER BY position, run, step LIMIT ?`;

const QUEUE_OF_DRIVER = `
  SELECT driver, kind, event, position, run, step FROM queue
  WHERE ns = ? AND driver = ? ORDER BY position, run, step LIMIT ?`;

const ORPHAN = {
  select: `
    SELECT 1 AS found FROM orphan
    WHERE ns = ? AND kind = ? AND event = ? AND position = ? AND run = ?`,
  insert: "INSERT INTO orphan (ns, kind, event, position, run) VALUES (?, ?, ?, ?, ?)",
  remove: `
    DELETE FROM orphan WHERE ns = ? AND kind = ? AND event = ? AND position = ? AND run = ?`,
};

const ORPHANS = `
  SELECT kind, event, position, run FROM orphan
  WHERE ns = ? AND kind = ? AND event = ? ORDER BY position LIMIT ?`;

const TIMER = {
  select: `
    SELECT 1 AS found FROM timer
    WHERE ns = ? AND at = ? AND run = ? AND step = ? AND token = ? AND what = ?`,
  insert: "INSERT INTO timer (ns, at, run, step, token, what) VALUES (?, ?, ?, ?, ?, ?)",
  remove: `
    DELETE FROM timer WHERE ns = ? AND at = ? AND run = ? AND step = ? AND token = ? AND what = ?`,
};

const TIMERS_DUE = `
  SELECT at, run, step, token, what FROM timer
  WHERE ns = ? AND at <= ? ORDER BY at, run, step, token, what LIMIT ?`;

type SearchOf<K extends Search["kind"]> = Extract<Search, { readonly kind: K }>;

export interface Queue {
  readonly table: Table<"queue">;
  readonly orphans: Table<"orphan">;
  readonly timers: Table<"timer">;
  ofTopic(ns: string, search: SearchOf<"queue">): readonly QueueEntry[];
  ofDriver(ns: string, search: SearchOf<"queueOfDriver">): readonly QueueEntry[];
  orphansOf(ns: string, search: SearchOf<"orphans">): readonly Orphan[];
  timersDue(of: {
    readonly ns: string;
    readonly now: number;
    readonly limit: number;
  }): readonly Timer[];
}

export function openQueue(db: DatabaseSync): Queue {
  const ofTopic = new Statement<QueueEntry>(db, QUEUE_OF_TOPIC);
  const ofDriver = new Statement<QueueEntry>(db, QUEUE_OF_DRIVER);
  const orphans = new Statement<Orphan>(db, ORPHANS);
  const timersDue = new Statement<Timer>(db, TIMERS_DUE);
  return {
    table: keyTable<"queue">(db, QUEUE, ([driver, kind, event, position, run, step]) => ({
      driver: String(driver),
      kind: String(kind),
      event: event as EventName,
      position: Number(position),
      run: String(run),
      step: String(step),
    })),
    orphans: keyTable<"orphan">(db, ORPHAN, ([kind, event, position, run]) => ({
      kind: String(kind),
      event: event as EventName,
      position: Number(position),
      run: String(run),
    })),
    timers: keyTable<"timer">(db, TIMER, ([at, run, step, token, what]) => ({
      at: Number(at),
      run: String(run),
      step: String(step),
      token: Number(token),
      what: what as Timer["what"],
    })),
    ofTopic: (ns, { driver, resource, event, limit }) =>
      ofTopic.all(ns, driver, resource, event, limit),
    ofDriver: (ns, { driver, limit }) => ofDriver.all(ns, driver, limit),
    orphansOf: (ns, { resource, event, limit }) => orphans.all(ns, resource, event, limit),
    timersDue: ({ ns, now, limit }) => timersDue.all(ns, now, limit),
  };
}
