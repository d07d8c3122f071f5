/** What everything in one history shares: time, chance, the disk, and whether it storms. */
import type { Random } from "../chaos/random.ts";
import type { Contacts } from "./contacts.ts";
import type { Defect } from "./defect.ts";
import type { Disk } from "./disk.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Shape } from "./shape.ts";

/** Takes note of what happens, for people; costs nothing while nobody looks. */
export type Trace = (what: () => string) => void;

export const SEEN = [
  "rerun",
  "look at history",
  "refusal",
  "refusal beside what was accepted",
  "blunder",
  "lease ended by its result",
  "lease ended by a new boot id",
  "lease ended by a goodbye",
  "lease ended by forgetting",
  "lease ended as stuck",
  "lease expired, closed",
  "lease expired, silent",
  "lease expired after a start",
  "lease lived through a start",
  "handler told to stop",
  "handler told of a loss",
] as const;

export type Seen = (typeof SEEN)[number];

export interface World {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly disk: Disk;
  readonly contacts: Contacts;
  readonly shape: Shape;
  readonly defect: Defect;
  readonly trace: Trace;
  /** Counts what the checks had before them: a check that never sees its case cannot fail. */
  readonly seen: (what: Seen) => void;
  /** What contradicts a promise, found while it happened. */
  readonly broken: string[];
  /** Faults happen only while it storms. */
  isStormy: boolean;
}

/** What a message takes from one process to another. */
export function networkDelayMs({ random }: World): number {
  return random.chance(0.9) ? random.integer(0, 5) : random.integer(5, 150);
}
