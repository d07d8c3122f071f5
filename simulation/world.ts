/** What everything in one history shares: time, chance, the disk, and whether it storms. */
import type { Random } from "../chaos/random.ts";
import type { Defect } from "./defects.ts";
import type { Disk } from "./disk.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Shape } from "./shape.ts";

/** Takes note of what happens, for people; costs nothing while nobody looks. */
export type Trace = (what: () => string) => void;

export interface World {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly disk: Disk;
  readonly shape: Shape;
  readonly defect: Defect;
  readonly trace: Trace;
  /** What contradicts a promise, found while it happened. */
  readonly broken: string[];
  /** Faults happen only while it storms. */
  isStormy: boolean;
}

/** What a message takes from one process to another. */
export function networkDelayMs({ random }: World): number {
  return random.chance(0.9) ? random.integer(0, 5) : random.integer(5, 150);
}
