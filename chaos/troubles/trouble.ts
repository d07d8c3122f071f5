/** What a chaos run does to one of its processes, disks or lines, and for how long. */
import type { Stage } from "../stage.ts";
import type { Victim } from "./trouble-kinds.ts";

/** What is going to be done, to whom. Nothing has been done yet. */
export interface Trouble {
  readonly victim: Victim;
  readonly pid: number | null;
  readonly instance: string | null;
  /** For people. */
  readonly what: string;
  /** Other strikes come while it lasts, but none on the same victim. */
  readonly isLasting: boolean;
  /** The instance, or all of them where it strikes the server, cannot be told anything meanwhile. */
  readonly isSilence: boolean;
  /** Resolves when it is over and put right. */
  carryOut(): Promise<void>;
}

/** Chooses what to do; null: whoever it could be done to is in trouble already. */
export type TroubleMaker = (stage: Stage) => Trouble | null;

/** How long a trouble lasts: shorter than the limits of 10, 15 and 20 s, about them, or longer. */
export function durationMs({ random, longestMs }: Pick<Stage, "random" | "longestMs">): number {
  const [from, to] = random.pick<readonly [number, number]>([
    [200, 3_000],
    [9_000, 16_000],
    [17_000, 26_000],
  ]);
  return Math.min(longestMs, random.integer(from, to));
}

export function secondsOf(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
