/** Time for loops: it wakes them, and decides nothing (decisions use the storage's time). */
import { setImmediate as nextTurn } from "node:timers/promises";

export interface Clock {
  /** Milliseconds that only grow, from any origin. */
  now(): number;
  /** Calls back once after a delay; answers how to call it off. */
  after(delayMs: number, wake: () => void): () => void;
  /** Resolves when what else is ready to run has had its turn. */
  nextTurn(): Promise<void>;
}

/** The process's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, wake) => {
    const timer = setTimeout(wake, delayMs);
    return () => clearTimeout(timer);
  },
  nextTurn: () => nextTurn(),
};
