/** What is stored: one type of record for each table, found by a key of parts. */
import type { Definition } from "../nouns/definition.ts";
import type { Driver, Listeners, Session } from "../nouns/driver.ts";
import type { EventName } from "../nouns/event.ts";
import type { LogChunk, LogHead } from "../nouns/log.ts";
import type { Pipeline } from "../nouns/pipeline.ts";
import type { Resource, ResourceVersion } from "../nouns/resource.ts";
import type { Run, StepData } from "../nouns/run.ts";

/** A step run that can be leased now. Only heads of lanes are here. */
export interface QueueEntry {
  readonly driver: string;
  readonly kind: string;
  readonly event: EventName;
  readonly position: number;
  readonly run: string;
  readonly step: string;
}

/** A run without steps, made while nobody listened: it is its first listener's. */
export interface Orphan {
  readonly kind: string;
  readonly event: EventName;
  readonly position: number;
  readonly run: string;
}

/** Something that is to happen to one attempt at a time, unless it ended before. */
export interface Timer {
  readonly at: number;
  readonly run: string;
  readonly step: string;
  readonly token: number;
  readonly what: "timeout" | "stuck";
}

export interface Tables {
  readonly definition: Definition;
  readonly pipeline: Pipeline;
  readonly revision: Pipeline;
  readonly resource: Resource;
  readonly version: ResourceVersion;
  readonly run: Run;
  readonly data: StepData;
  readonly queue: QueueEntry;
  readonly orphan: Orphan;
  readonly timer: Timer;
  readonly driver: Driver;
  readonly listeners: Listeners;
  readonly session: Session;
  readonly head: LogHead;
  readonly chunk: LogChunk;
}

export type TableName = keyof Tables;

export const TABLE_NAMES: readonly TableName[] = [
  "definition",
  "pipeline",
  "revision",
  "resource",
  "version",
  "run",
  "data",
  "queue",
  "orphan",
  "timer",
  "driver",
  "listeners",
  "session",
  "head",
  "chunk",
];

export type KeyPart = string | number;

/** Names one record. The namespace comes first in every stored key. */
export interface Key<T extends TableName = TableName> {
  readonly table: T;
  readonly ns: string;
  readonly parts: readonly KeyPart[];
  /** The same as one text, unique over all tables. */
  readonly text: string;
}

function key<T extends TableName>(table: T, ns: string, parts: readonly KeyPart[]): Key<T> {
  return { table, ns, parts, text: `${table}\n${ns}\n${parts.join("\n")}` };
}

/** Makes the keys of one namespace. */
export interface Keys {
  readonly definition: (name: string) => Key<"definition">;
  readonly pipeline: (name: string) => Key<"pipeline">;
  readonly revision: (at: { readonly id: string; readonly revision: number }) => Key<"revision">;
  readonly resource: (at: { readonly kind: string; readonly name: string }) => Key<"resource">;
  readonly version: (at: { readonly id: string; readonly version: number }) => Key<"version">;
  readonly run: (id: string) => Key<"run">;
  readonly data: (at: { readonly run: string; readonly step: string }) => Key<"data">;
  readonly queue: (entry: QueueEntry) => Key<"queue">;
  readonly orphan: (entry: Orphan) => Key<"orphan">;
  readonly timer: (entry: Timer) => Key<"timer">;
  readonly driver: (name: string) => Key<"driver">;
  readonly listeners: (kind: string) => Key<"listeners">;
  readonly session: (id: string) => Key<"session">;
  readonly head: (position: number) => Key<"head">;
  readonly chunk: (at: { readonly position: number; readonly first: number }) => Key<"chunk">;
}

const MAKERS = new Map<string, Keys>();

/** The makers of keys of a namespace; made once, because every decision needs them. */
export function keysOf(ns: string): Keys {
  const known = MAKERS.get(ns);
  if (known !== undefined) return known;
  const keys = makeKeys(ns);
  MAKERS.set(ns, keys);
  return keys;
}

function makeKeys(ns: string): Keys {
  return {
    definition: remembered((name) => key("definition", ns, [name])),
    pipeline: (name) => key("pipeline", ns, [name]),
    revision: (at) => key("revision", ns, [at.id, at.revision]),
    resource: (at) => key("resource", ns, [at.kind, at.name]),
    version: (at) => key("version", ns, [at.id, at.version]),
    run: remembered((id) => key("run", ns, [id])),
    data: (at) => key("data", ns, [at.run, at.step]),
    queue: (e) => key("queue", ns, [e.driver, e.kind, e.event, e.position, e.run, e.step]),
    orphan: (e) => key("orphan", ns, [e.kind, e.event, e.position, e.run]),
    timer: (e) => key("timer", ns, [e.at, e.run, e.step, e.token, e.what]),
    driver: (name) => key("driver", ns, [name]),
    listeners: remembered((kind) => key("listeners", ns, [kind])),
    session: remembered((id) => key("session", ns, [id])),
    head: (position) => key("head", ns, [position]),
    chunk: (at) => key("chunk", ns, [at.position, at.first]),
  };
}

/** A decision names the same few records again and again: the last key is kept, hash and all. */
function remembered<T extends TableName>(make: (id: string) => Key<T>): (id: string) => Key<T> {
  let lastId: string | undefined;
  let last: Key<T> | undefined;
  return (id) => {
    if (last === undefined || id !== lastId) {
      last = make(id);
      lastId = id;
    }
    return last;
  };
}
