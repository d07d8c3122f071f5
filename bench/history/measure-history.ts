/** What is measured on a database with a history, and on one without. */
import { connectExchange, type Exchange, makeRuns } from "../exchange-stage.ts";
import type { Measured } from "../figure.ts";
import { bodyOf, create } from "../load/creates.ts";
import { timedGet } from "../load/timed-get.ts";
import { percentile } from "../percentiles.ts";
import type { Settings } from "../row.ts";
import { cpuMs, type LoopDelay, restartServer, startDriver } from "../side.ts";
import { PROBE_LINES } from "./fill-history.ts";
import type { HistoryNote } from "./history-directory.ts";

export interface ListOfRuns {
  readonly id: string;
  readonly title: string;
  readonly query: (note: HistoryNote) => string;
  /** On its first page; a full page unless it says so. */
  readonly items?: number;
}

/** Every filter that runs can be listed by; the rare ones find the oldest runs alone. */
export const LISTS: readonly ListOfRuns[] = [
  { id: "all", title: "no filter", query: () => "" },
  { id: "failed", title: "state=failed, the oldest", query: () => "state=failed" },
  { id: "running", title: "state=running, none", query: () => "state=running", items: 0 },
  { id: "succeeded", title: "state=succeeded", query: () => "state=succeeded" },
  { id: "kind", title: "resource", query: () => "resource=plain" },
  {
    id: "name",
    title: "resource and name",
    query: ({ oldName }) => `resource=plain&name=${oldName}`,
    items: 1,
  },
  { id: "pipeline", title: "pipeline, the oldest", query: () => "pipeline=release" },
  { id: "driver", title: "driver", query: () => "driver=bench" },
  {
    id: "several",
    title: "resource, driver and state=failed",
    query: () => "resource=plain&driver=bench&state=failed",
  },
];

const FULL_PAGE = 100;
const CREATES = 300;
const READS = 60;
const WARM_UP_MS = 1_500;
const LOAD_MS = 4_000;

const latency = (values: readonly number[]): Measured => ({
  kind: "latency",
  p50: percentile(values, 50),
  p99: percentile(values, 99),
});
const single = (value: number): Measured => ({ kind: "single", value });

export interface MeasuredHistory {
  readonly figures: Readonly<Record<string, Measured>>;
  readonly loopDelay: LoopDelay;
}

/** Starts a server on the directory, measures everything, and ends it. */
export async function measureHistory(
  { directory, note }: { readonly directory: string; readonly note: HistoryNote },
  settings: Settings,
): Promise<MeasuredHistory> {
  const options = { ...settings, probe: true, directory, isKept: true };
  const server = await restartServer("product", options);
  const driver = await startDriver(server);
  const exchange = await connectExchange(server, { driver, after: note.position });
  try {
    await makeRuns(exchange, WARM_UP_MS);
    await server.loopDelay();
    const figures = {
      start: single(server.startMs),
      ...(await measureRuns(exchange)),
      log: latency(await readProbes(server.url, note)),
      ...(await measureLists(server.url, note)),
      memory: single(server.memoryMb()),
    };
    return { figures, loopDelay: await server.loopDelay() };
  } finally {
    await exchange.close();
  }
}

async function measureRuns(exchange: Exchange): Promise<Readonly<Record<string, Measured>>> {
  const { server, connection, watch } = exchange;
  const creates: number[] = [];
  while (creates.length < CREATES) {
    const begun = performance.now();
    const { runid } = await create(connection, bodyOf("plain", { do: "nothing" }));
    creates.push(performance.now() - begun);
    await watch.ended(runid);
  }
  const before = cpuMs(server.child);
  const { count, seconds } = await makeRuns(exchange, LOAD_MS);
  const spentMs = cpuMs(server.child) - before;
  return {
    create: latency(creates),
    runs: single(count / seconds),
    "runs-cpu": single((spentMs * 1_000) / count),
  };
}

/** In turn, so that old and new ones weigh the same. */
async function readProbes(server: string, { probes }: HistoryNote): Promise<readonly number[]> {
  const times: number[] = [];
  while (times.length < READS) {
    for (const run of probes) {
      const { firstMs, text } = await timedGet(`${server}/logs?runid=${run}`);
      const lines = (JSON.parse(text) as readonly unknown[]).length;
      if (lines !== PROBE_LINES) throw new Error(`run ${run}: ${lines} of ${PROBE_LINES} lines`);
      times.push(firstMs);
    }
  }
  return times;
}

async function measureLists(
  server: string,
  note: HistoryNote,
): Promise<Readonly<Record<string, Measured>>> {
  const measured: Record<string, Measured> = {};
  for (const { id, query, items: wanted = FULL_PAGE } of LISTS) {
    const times: number[] = [];
    while (times.length < READS) {
      const { allMs, text } = await timedGet(`${server}/runs?${query(note)}`);
      const { items } = JSON.parse(text) as { readonly items: readonly unknown[] };
      if (items.length !== wanted) {
        throw new Error(`runs by ${query(note)}: ${items.length} on the first page, not ${wanted}`);
      }
      times.push(allMs);
    }
    measured[`list-${id}`] = latency(times);
  }
  return measured;
}
