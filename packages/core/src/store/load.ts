/**
 * What a decision asks of the storage: records by their keys, and a few bounded searches. A search
 * answers with keys, in the order named here; the records it found are loaded with it.
 */
import type { EventName } from "../nouns/event.ts";
import type { Key } from "./records.ts";

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
