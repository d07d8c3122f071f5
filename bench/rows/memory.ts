/** Resident memory of the server, idle and after many runs. */
import { setTimeout as pause } from "node:timers/promises";
import { makeRuns, openExchange } from "../exchange-stage.ts";
import type { Row } from "../row.ts";

const RUNS = 100_000;
const QUICK_RUNS = 10_000;
const SETTLE_MS = 1_500;
const SLICE_MS = 1_000;

export const memoryRow: Row = {
  name: "memory",
  maxPairs: 1,
  figures: [
    {
      id: "memory-idle",
      title: "resident memory, idle with a driver",
      unit: "MB",
      target: { kind: "atMost", of: "typical", bound: 90 },
    },
    {
      id: "memory-half",
      title: "resident memory after half of the runs",
      unit: "MB",
      target: { kind: "none" },
    },
    {
      id: "memory-runs",
      title: `resident memory after ${RUNS} runs (quick: ${QUICK_RUNS})`,
      unit: "MB",
      target: { kind: "atMost", of: "typical", bound: 200 },
    },
    {
      id: "memory-again",
      title: "  after twice as many",
      unit: "MB",
      target: { kind: "ratioAtMost", bound: 1.1 },
      base: "memory-runs",
    },
  ],
  async open(side, settings) {
    // Without the probe, which takes memory too.
    const exchange = await openExchange(side, settings, { probe: false });
    const memory = () => ({ kind: "single", value: exchange.server.memoryMb() }) as const;
    const runsUpTo = async (total: number, made: number): Promise<number> => {
      let count = made;
      while (count < total) count += (await makeRuns(exchange, SLICE_MS)).count;
      return count;
    };
    return {
      async sample() {
        await pause(SETTLE_MS);
        const idle = memory();
        const runs = settings.quick ? QUICK_RUNS : RUNS;
        const made = await runsUpTo(runs / 2, 0);
        const half = memory();
        const all = await runsUpTo(runs, made);
        const figures = { "memory-idle": idle, "memory-half": half, "memory-runs": memory() };
        if (settings.quick) return figures; // Caches are still filling.
        await runsUpTo(2 * runs, all);
        return { ...figures, "memory-again": memory() };
      },
      loopDelay: () => Promise.resolve(null),
      close: () => exchange.close(),
    };
  },
};
