/**
 * Looks at everything once a second.
 *
 * S1 A sample holds what was measured at its second; what belongs to a window stands in the sample of
 *    the window's last second.
 * S2 Nothing of the product is changed for it: figures come from the kernel, from files, from what
 *    the load itself saw, and from the server's own `/metrics`.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Stage } from "../load/stage.ts";
import type { Sample } from "../report/figures.ts";
import { machineBusyMs, processFigures, processorMs } from "./process-figures.ts";

const WINDOW_SECONDS = 10;
const SIZE_WINDOW_SECONDS = 60;
const MB = 1024 ** 2;

export interface SamplerOptions {
  readonly stage: Stage;
  readonly data: string;
  readonly serverPid: number;
  readonly driverPid: number;
  /** All driver processes there are at the moment. */
  readonly driverPids: () => readonly number[];
  readonly live: () => number;
}

export interface Sampler {
  readonly samples: readonly Sample[];
  look(): Promise<void>;
}

export function createSampler(options: SamplerOptions): Sampler {
  const { stage, data, serverPid, driverPid, driverPids, live } = options;
  const samples: Sample[] = [];
  const begunAt = performance.now();
  const rates = createRates();
  const sizes = { runs: 0, bytes: 0 };

  const processes = (): Record<string, number> => {
    const values: Record<string, number> = {};
    for (const [name, pid] of Object.entries({ server: serverPid, driver: driverPid })) {
      const figures = processFigures(pid);
      if (figures === null) continue;
      values[`${name}.memory`] = figures.residentMb;
      values[`${name}.threads`] = figures.threads;
      values[`${name}.handles`] = figures.handles;
      values[`${name}.sockets`] = figures.sockets;
    }
    return values;
  };
  const counted = (): Record<string, number> => ({
    "server.cpu": rates.of("server", processorMs(serverPid)) / 10,
    "driver.cpu": rates.of("driver", processorMs(driverPid)) / 10,
    runs: rates.of("runs", stage.tally.counts.get("runs ended as they should") ?? 0),
    lines: rates.of("lines", stage.tally.counts.get("lines read") ?? 0),
    refusals: rates.of("refusals", sum(stage.tally.refusals.values())),
  });
  const window = async (): Promise<Record<string, number>> => {
    const pids = [serverPid, process.pid, ...driverPids()];
    const ours = sum(pids.map((pid) => rates.of(`ours ${pid}`, processorMs(pid))));
    const others = rates.of("machine", machineBusyMs()) - ours;
    return {
      ...stage.latencies.take(),
      ...(await readMetrics(stage)),
      "soak.cpu": ours / 10,
      "others.cpu": Math.max(0, others / 10),
    };
  };
  const sizePerRun = (): Record<string, number> => {
    const runs = stage.tally.counts.get("runs begun") ?? 0;
    const bytes = sizeOf(join(data, "conveyor.db"));
    const grown = { runs: runs - sizes.runs, bytes: bytes - sizes.bytes };
    const isFirst = sizes.bytes === 0;
    Object.assign(sizes, { runs, bytes });
    return isFirst || grown.runs <= 0 ? {} : { "database.run": grown.bytes / 1_024 / grown.runs };
  };
  return {
    samples,
    async look() {
      const number = samples.length + 1;
      rates.turn();
      const values = {
        ...processes(),
        ...counted(),
        "database.size": sizeOf(join(data, "conveyor.db")) / MB,
        "database.wal": sizeOf(join(data, "conveyor.db-wal")) / MB,
        unfinished: stage.ledger.unfinished,
        live: live(),
        ...(number % WINDOW_SECONDS === 0 ? await window() : {}),
        ...(number % SIZE_WINDOW_SECONDS === 0 ? sizePerRun() : {}),
      };
      samples.push({ second: (performance.now() - begunAt) / 1_000, values });
    },
  };
}

/** What counters grew by in a second, since each was last asked for. */
function createRates() {
  const last = new Map<string, { readonly at: number; readonly value: number }>();
  let now = performance.now();
  return {
    turn: () => {
      now = performance.now();
    },
    of(name: string, value: number): number {
      const before = last.get(name) ?? { at: now, value };
      last.set(name, { at: now, value });
      return now === before.at ? 0 : ((value - before.value) * 1_000) / (now - before.at);
    },
  };
}

async function readMetrics({ http }: Stage): Promise<Record<string, number>> {
  try {
    const { text } = await http.send({ method: "GET", path: "/metrics" });
    const heap = Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(text)?.[1]);
    const depths = [...text.matchAll(/^conveyor_queue_depth\{[^}]*\} (\S+)$/gm)];
    return { "server.heap": heap / MB, queue: sum(depths.map(([, depth]) => Number(depth))) };
  } catch {
    return {};
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
