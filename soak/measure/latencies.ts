/** How long answers took, by window. */
import { percentile } from "../../bench/percentiles.ts";

export type Timed = "create" | "called" | "log" | "list";

export interface Latencies {
  add(what: Timed, ms: number): void;
  /** What was measured since the last call, and begins a new window. */
  take(): Readonly<Record<string, number>>;
}

/** Fewer say nothing about a 99th percentile. */
const FEWEST = 10;

export function createLatencies(): Latencies {
  const windows: Record<Timed, number[]> = { create: [], called: [], log: [], list: [] };
  return {
    add: (what, ms) => void windows[what].push(ms),
    take() {
      const values: Record<string, number> = {};
      for (const [what, window] of Object.entries(windows)) {
        if (window.length >= FEWEST) {
          values[`${what}.p50`] = percentile(window, 50);
          values[`${what}.p99`] = percentile(window, 99);
        }
        window.length = 0;
      }
      return values;
    },
  };
}
