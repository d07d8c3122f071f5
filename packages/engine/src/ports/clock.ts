/** Time for loops: it wakes them, and decides nothing (decisions use the storage's time). */
export interface Clock {
  /** Milliseconds that only grow, from any origin. */
  now(): number;
  /** Calls back once after a delay; answers how to call it off. */
  after(delayMs: number, wake: () => void): () => void;
}

/** The process's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, wake) => {
    const timer = setTimeout(wake, delayMs);
    return () => clearTimeout(timer);
  },
};
