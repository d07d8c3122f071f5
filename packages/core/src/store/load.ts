/**
 * What a decision asks of the storage: records by their keys, and a few bounded searches. A search
 * answers with keys, in the order named here; the records it found are loaded with it.
 */

import type { Session } from "../nouns/driver.ts";
import type { EventName } from "../nouns/event.ts";
import type { Pipeline } from "../nouns/pipeline.ts";
import type { Resource } from "../nouns/resource.ts";
import { isRunEnded, type Run } from "../nouns/run.ts";
import type { Key, Orphan, QueueEntry, TableName, Tables } from "./records.ts";

export type Search =
  /** The first entries of one topic of a driver's queue, by position. */
  | {
      readonly kind: "queue";
      readonly driver: string;
      readonly resource: string;
      readonly event: EventName;
      readonly limit: number;
    }
  /** All queue entries of one driver, by position. */
  | { readonly kind: "queueOfDriver"; readonly driver: string; readonly limit: number }
  /** The first orphans of one kind and event, by position. */
  | {
      readonly kind: "orphans";
      readonly resource: string;
      readonly event: EventName;
      readonly limit: number;
    }
  /** Timers that are due at the time of the decision, by time. */
  | { readonly kind: "timersDue"; readonly limit: number }
  /** Sessions that have expired at the time of the decision, by time. */
  | { readonly kind: "sessionsDue"; readonly limit: number }
  /** Sessions; of one driver if it is named. */
  | { readonly kind: "sessions"; readonly driver: string | null }
  /** Unfinished runs of one resource, by position. */
  | { readonly kind: "openRuns"; readonly resource: string; readonly name: string }
  /** At most one resource or pipeline of the kind. */
  | { readonly kind: "usesOfDefinition"; readonly name: string }
  /** At most one resource or unfinished run of the pipeline. */
  | { readonly kind: "usesOfPipeline"; readonly name: string };

/** What a search answers with: the keys it found. */
export interface SearchRequest {
  readonly ns: string;
  readonly search: Search;
  /** The same as one text. */
  readonly text: string;
}

export type Load =
  | { readonly kind: "record"; readonly key: Key }
  | { readonly kind: "search"; readonly request: SearchRequest };

export function searchRequest(ns: string, search: Search): SearchRequest {
  return { ns, search, text: `search\n${ns}\n${Object.values(search).join("\n")}` };
}

/** Where each search looks. What is due at a time is only what was stored before that time. */
export const SEARCHED: Readonly<Record<Search["kind"], readonly TableName[]>> = {
  queue: ["queue"],
  queueOfDriver: ["queue"],
  orphans: ["orphan"],
  timersDue: [],
  sessionsDue: [],
  sessions: ["session"],
  openRuns: ["run"],
  usesOfDefinition: ["resource", "pipeline"],
  usesOfPipeline: ["resource", "run"],
};

/** Whether a search, were a record stored, would find it. */
export function isFoundBy(
  search: Search,
  record: { readonly table: TableName; readonly value: Tables[TableName] },
): boolean {
  const { table, value } = record;
  switch (search.kind) {
    case "queue": {
      const entry = value as QueueEntry;
      const { driver, resource, event } = search;
      return entry.driver === driver && entry.kind === resource && entry.event === event;
    }
    case "queueOfDriver":
      return (value as QueueEntry).driver === search.driver;
    case "orphans": {
      const orphan = value as Orphan;
      return orphan.kind === search.resource && orphan.event === search.event;
    }
    case "timersDue":
    case "sessionsDue":
      return false;
    case "sessions":
      return search.driver === null || (value as Session).driver === search.driver;
    case "openRuns": {
      const { state, resource } = value as Run;
      const { resource: kind, name } = search;
      return !isRunEnded(state) && resource.kind === kind && resource.name === name;
    }
    case "usesOfDefinition": {
      if (table === "pipeline") return (value as Pipeline).resource === search.name;
      const resource = value as Resource;
      return resource.phase !== "deleted" && resource.kind === search.name;
    }
    case "usesOfPipeline": {
      if (table === "run") {
        const run = value as Run;
        return !isRunEnded(run.state) && run.pipeline?.name === search.name;
      }
      const resource = value as Resource;
      return resource.phase !== "deleted" && resource.pipeline === search.name;
    }
  }
}
