/** A resource: a named object of one kind, with immutable versions and a lane for its runs. */
import type { JsonValue } from "./definition.ts";

/**
 * - `active`: the ordinary state.
 * - `deleting`: a delete run is under way, or did not succeed; nothing else changes the resource.
 * - `deleted`: nobody sees it; it stands only while runs of its lane are still ending.
 */
export type ResourcePhase = "active" | "deleting" | "deleted";

/** The newest state of a resource. Its spec and metadata are those of its newest version. */
export interface Resource {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly pipeline: string | null;
  readonly version: number;
  readonly phase: ResourcePhase;
  /** The newest run; null while no run was made. */
  readonly run: string | null;
  readonly lane: Lane;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** One accepted change; never written again. */
export interface ResourceVersion {
  readonly resource: string;
  readonly version: number;
  readonly pipeline: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly spec: JsonValue;
  /** The run this change made, if it made one. */
  readonly run: string | null;
  readonly actor: string;
  readonly createdAt: number;
}

/** The ends of the queue of runs of one resource; may name tickets that have since closed. */
export interface Lane {
  /** The last ticket of a pipeline run: all that come after it wait for it. */
  readonly last: TicketRef | null;
  /** The last ticket of each driver since then. */
  readonly drivers: Readonly<Record<string, TicketRef>>;
  /** Whether runs that nobody listened to may have come since then. */
  readonly orphans: boolean;
}

/** Names a ticket: a run (of a pipeline) or one of its step runs (without a pipeline). */
export interface TicketRef {
  readonly run: string;
  readonly step: string | null;
}

/** A place in a lane. It is admitted when it waits for nothing. */
export interface Ticket {
  readonly waitsFor: readonly TicketRef[];
  readonly blocks: readonly TicketRef[];
}

export const EMPTY_LANE: Lane = { last: null, drivers: {}, orphans: false };
