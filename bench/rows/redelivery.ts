/** An instance goes without a word: how long until its step run is delivered again. */
import type { Child } from "../child.ts";
import { sharedClockMs } from "../clock.ts";
import type { Exchange } from "../exchange-stage.ts";
import { createReports, openStage } from "../exchange-stage.ts";
import { bodyOf, create } from "../load/creates.ts";
import { percentile } from "../percentiles.ts";
import type { Row } from "../row.ts";
import { launchDriver, startDriver } from "../side.ts";
import type { WorkloadReport } from "../workload.ts";

const KILLS = 10;
const QUICK_KILLS = 4;

type At = Extract<WorkloadReport, { readonly at: number }>;

/** A run whose first delivery never ends, at the instance that this starts. */
async function startHolder(exchange: Exchange, instance: string) {
  const holder = await startDriver(exchange.server, instance);
  const { runid } = await create(exchange.connection, bodyOf("plain", { do: "untilAborted" }));
  await Promise.race([createReports(holder)(`called ${runid}`), holder.failed]);
  return { holder, runid };
}

async function told(driver: Child, key: string, reports = createReports(driver)): Promise<At> {
  return Promise.race([reports(key) as Promise<At>, driver.failed]);
}

/** The same instance comes back: from its first act until its handler is called again. */
async function killAndReturn(exchange: Exchange, instance: string): Promise<number> {
  const { holder, runid } = await startHolder(exchange, instance);
  await holder.stop("SIGKILL");
  const back = await launchDriver(exchange.server, instance);
  const reports = createReports(back);
  const begun = await told(back, "begun", reports);
  const called = await told(back, `called ${runid}`, reports);
  await exchange.watch.ended(runid);
  await back.stop("SIGTERM");
  return called.at - begun.at;
}

/** Nobody comes back, or nobody can be heard: another instance is called. */
async function strikeAndWait(exchange: Exchange, strike: NodeJS.Signals): Promise<number> {
  const { holder, runid } = await startHolder(exchange, `struck-${strike}`);
  const other = await startDriver(exchange.server, `other-${strike}`);
  const called = told(other, `called ${runid}`);
  const struckAt = sharedClockMs();
  if (strike === "SIGKILL") await holder.stop(strike);
  else process.kill(holder.pid, strike);
  const { at } = await called;
  await exchange.watch.ended(runid);
  await other.stop("SIGTERM");
  if (strike !== "SIGKILL") await holder.stop("SIGKILL");
  return at - struckAt;
}

/** Only the instances that a sample starts take part. */
async function withoutDriver(exchange: Exchange): Promise<void> {
  await exchange.driver.stop("SIGTERM");
}

export const redeliveryRow: Row = {
  name: "redelivery",
  sides: ["product"],
  maxPairs: 1,
  figures: [
    {
      id: "redelivery",
      title: "kill -9, the same instance is back → delivered again",
      unit: "ms",
      target: { kind: "atMost", of: "p99", bound: 500 },
    },
  ],
  open: (side, settings) =>
    openStage({ side, settings }, async (exchange) => {
      await withoutDriver(exchange);
      const latencies: number[] = [];
      const count = settings.quick ? QUICK_KILLS : KILLS;
      while (latencies.length < count) latencies.push(await killAndReturn(exchange, "returning"));
      const [p50, p99] = [percentile(latencies, 50), percentile(latencies, 99)];
      return { redelivery: { kind: "latency", p50, p99 } };
    }),
};

export const lossRow: Row = {
  name: "loss",
  sides: ["product"],
  maxPairs: 1,
  isLong: true,
  figures: [
    {
      id: "loss-kill",
      title: "kill -9, nobody comes back → at another instance",
      unit: "ms",
      target: { kind: "atMost", of: "typical", bound: 11_000 },
    },
    {
      id: "loss-silence",
      title: "process stopped, connection open → at another instance",
      unit: "ms",
      target: { kind: "atMost", of: "typical", bound: 20_000 },
    },
  ],
  open: (side, settings) =>
    openStage({ side, settings }, async (exchange) => {
      await withoutDriver(exchange);
      return {
        "loss-kill": { kind: "single", value: await strikeAndWait(exchange, "SIGKILL") },
        "loss-silence": { kind: "single", value: await strikeAndWait(exchange, "SIGSTOP") },
      };
    }),
};
