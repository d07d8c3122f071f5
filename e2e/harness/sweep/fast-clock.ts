/** A clock that runs faster than the wall's, so that leases and polls are over soon. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "@conveyor-ci/engine/ports";

const TIMES = 10;

export interface FastClock extends Clock {
  /** Milliseconds since 1970 by this clock, for a storage. */
  date(): number;
  /** Wake-ups that are set. */
  readonly pending: number;
}

export function createFastClock(): FastClock {
  const origin = performance.now();
  const start = Date.now();
  const timers = new Set<NodeJS.Timeout>();
  const now = (): number => (performance.now() - origin) * TIMES;
  return {
    now,
    date: () => start + now(),
    get pending() {
      return timers.size;
    },
    after: (delayMs, wake) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        wake();
      }, delayMs / TIMES);
      timers.add(timer);
      return () => {
        timers.delete(timer);
        clearTimeout(timer);
      };
    },
    nextTurn: () => nextTurn(),
  };
}
