/** Log lines of one driver, durable and followed by one reader with a frame for each line. */
import { type Exchange, openStage } from "../exchange-stage.ts";
import type { Measured } from "../figure.ts";
import { bodyOf, create } from "../load/creates.ts";
import { readLines } from "../load/line-reader.ts";
import { percentile } from "../percentiles.ts";
import type { Row } from "../row.ts";
import { cpuMs } from "../side.ts";
import type { Workload } from "../workload.ts";

const LINES = 300_000;
const QUICK_LINES = 100_000;
const PACE = 20_000;
const PACED_SECONDS = 5;
const QUICK_PACED_SECONDS = 2;
/** Of a paced run: not counted, as the reader is still connecting. */
const SETTLING_LINES = PACE / 2;

/** One run whose handler logs, followed to its end. */
async function logAndFollow(exchange: Exchange, workload: Workload & { readonly lines: number }) {
  const { server, connection } = exchange;
  const { runid } = await create(connection, bodyOf("plain", workload));
  const read = Promise.race([readLines(server.url, runid), server.child.failed]);
  const [lines, logged] = await Promise.all([read, exchange.reported("logged", runid)]);
  await exchange.watch.ended(runid);
  if (lines.count !== workload.lines) {
    throw new Error(`run ${runid}: ${lines.count} of ${workload.lines} lines were read`);
  }
  return { lines, logged };
}

async function measureFast(
  exchange: Exchange,
  count: number,
): Promise<Readonly<Record<string, Measured>>> {
  const before = cpuMs(exchange.server.child);
  const { lines, logged } = await logAndFollow(exchange, { do: "lines", lines: count });
  const spentMs = cpuMs(exchange.server.child) - before;
  const seconds = (Math.max(lines.lastAt, logged.durableAt) - logged.beganAt) / 1_000;
  return {
    lines: { kind: "single", value: count / seconds },
    "lines-cpu": { kind: "single", value: (spentMs * 1_000) / count },
  };
}

async function measurePaced(
  exchange: Exchange,
  seconds: number,
): Promise<Readonly<Record<string, Measured>>> {
  const workload = { do: "pacedLines", lines: PACE * seconds, perSecond: PACE } as const;
  const { lines } = await logAndFollow(exchange, workload);
  const counted = lines.latenciesMs.slice(SETTLING_LINES);
  const [p50, p99] = [percentile(counted, 50), percentile(counted, 99)];
  return { "line-latency": { kind: "latency", p50, p99 } };
}

export const linesRow: Row = {
  name: "lines",
  figures: [
    {
      id: "lines",
      title: "log lines of one driver, durable and followed",
      unit: "/s",
      target: { kind: "ratioAtLeast", bound: 0.7 },
    },
    { id: "lines-cpu", title: "  CPU of the server, each", unit: "µs", target: { kind: "none" } },
  ],
  open: (side, settings) =>
    openStage({ side, settings }, (exchange) =>
      measureFast(exchange, settings.quick ? QUICK_LINES : LINES),
    ),
};

export const lineLatencyRow: Row = {
  name: "line-latency",
  figures: [
    {
      id: "line-latency",
      title: `line due → at its reader, at ${PACE} lines/s`,
      unit: "ms",
      target: { kind: "atMost", of: "p99", bound: 50 },
    },
  ],
  open: (side, settings) =>
    openStage({ side, settings }, (exchange) =>
      measurePaced(exchange, settings.quick ? QUICK_PACED_SECONDS : PACED_SECONDS),
    ),
};
