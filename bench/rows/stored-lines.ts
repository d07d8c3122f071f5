/** Reading the log of one run that lies among many; and many readers of one log. */
import { type Exchange, openStage } from "../exchange-stage.ts";
import { bodyOf, create } from "../load/creates.ts";
import { readLines } from "../load/line-reader.ts";
import { type TimedAnswer, timedGet } from "../load/timed-get.ts";
import { percentile } from "../percentiles.ts";
import type { Row } from "../row.ts";

const SHORT = 1_000;
const LONG = 200_000;
const STORED = 10_000_000;
const QUICK_STORED = 400_000;
const READS = 100;

async function logRun(exchange: Exchange, lines: number): Promise<string> {
  const { runid } = await create(exchange.connection, bodyOf("plain", { do: "lines", lines }));
  const { state } = await exchange.watch.ended(runid);
  await exchange.reported("logged", runid);
  if (state !== "succeeded") throw new Error(`run ${runid} ended as ${state}`);
  return runid;
}

async function readOnce(server: string, run: string): Promise<TimedAnswer> {
  const answer = await timedGet(`${server}/logs?runid=${run}`);
  const count = (JSON.parse(answer.text) as readonly unknown[]).length;
  if (count !== SHORT) throw new Error(`run ${run}: ${count} of ${SHORT} lines were read`);
  return answer;
}

async function readMany(server: string, run: string) {
  const reads: TimedAnswer[] = [];
  while (reads.length < READS) reads.push(await readOnce(server, run));
  const of = (values: readonly number[]) =>
    ({ kind: "latency", p50: percentile(values, 50), p99: percentile(values, 99) }) as const;
  return { first: of(reads.map((read) => read.firstMs)), all: of(reads.map((read) => read.allMs)) };
}

export const storedLinesRow: Row = {
  name: "stored-lines",
  sides: ["product"],
  maxPairs: 1,
  figures: [
    {
      id: "first-byte-few",
      title: `first byte of a log of ${SHORT} lines, nothing else stored`,
      unit: "ms",
      target: { kind: "none" },
    },
    {
      id: "first-byte",
      title: `the same among ${STORED} lines (quick: ${QUICK_STORED})`,
      unit: "ms",
      target: { kind: "atMost", of: "typical", bound: 10 },
    },
    { id: "all-bytes", title: "  all of it", unit: "ms", target: { kind: "none" } },
  ],
  open: (side, settings) =>
    openStage({ side, settings }, async (exchange) => {
      const { url } = exchange.server;
      const before = await readMany(url, await logRun(exchange, SHORT));
      const half = (settings.quick ? QUICK_STORED : STORED) / 2;
      for (let left = half; left > 0; left -= LONG) await logRun(exchange, LONG);
      const run = await logRun(exchange, SHORT);
      for (let left = half; left > 0; left -= LONG) await logRun(exchange, LONG);
      const { first, all } = await readMany(url, run);
      return { "first-byte-few": before.first, "first-byte": first, "all-bytes": all };
    }),
};

const FOLLOWERS = 1_000;
/** Of their sockets, and of the chunks that each may be behind. */
const FOLLOWERS_MB = 100;
const FOLLOWED = { do: "pacedLines", lines: 300, perSecond: 50 } as const;

export const followersRow: Row = {
  name: "followers",
  sides: ["product"],
  maxPairs: 1,
  figures: [
    {
      id: "followers-latency",
      title: `line due → at each of ${FOLLOWERS} readers, at ${FOLLOWED.perSecond} lines/s`,
      unit: "ms",
      target: { kind: "none" },
    },
    {
      id: "followers-memory",
      title: `  memory that ${FOLLOWERS} readers add`,
      unit: "MB",
      target: { kind: "atMost", of: "typical", bound: FOLLOWERS_MB },
    },
  ],
  open: (side, settings) =>
    openStage({ side, settings }, async ({ server, connection }) => {
      const before = server.memoryMb();
      const { runid } = await create(connection, bodyOf("plain", FOLLOWED));
      const readers = Array.from({ length: FOLLOWERS }, () => readLines(server.url, runid));
      const read = await Promise.race([Promise.all(readers), server.child.failed]);
      const lost = read.find(({ count }) => count !== FOLLOWED.lines);
      if (lost !== undefined) throw new Error(`a reader got ${lost.count} of ${FOLLOWED.lines}`);
      // The first second is that of a thousand connections being made.
      const latencies = read.flatMap(({ latenciesMs }) => latenciesMs.slice(FOLLOWED.lines / 3));
      const [p50, p99] = [percentile(latencies, 50), percentile(latencies, 99)];
      return {
        "followers-latency": { kind: "latency", p50, p99 },
        "followers-memory": { kind: "single", value: server.memoryMb() - before },
      };
    }),
};
