/** One event at a time on an idle system: how long until its handler is called, and until it is told. */
import { setTimeout as pause } from "node:timers/promises";
import { sharedClockMs } from "../clock.ts";
import { type Exchange, openStage } from "../exchange-stage.ts";
import type { Measured } from "../figure.ts";
import { bodyOf, create } from "../load/creates.ts";
import { percentile } from "../percentiles.ts";
import { STEPS } from "../product/platform.ts";
import type { Row } from "../row.ts";

/** Between two events: enough for everything to come to rest. */
const REST_MS = 8;
const EVENTS = 300;
const QUICK_EVENTS = 100;

const latency = (values: readonly number[]): Measured => ({
  kind: "latency",
  p50: percentile(values, 50),
  p99: percentile(values, 99),
});

async function measurePlain(exchange: Exchange, events: number) {
  const called: number[] = [];
  const visible: number[] = [];
  for (let left = events; left > 0; left -= 1) {
    await pause(REST_MS);
    const body = bodyOf("plain", { do: "report" });
    const sentAt = sharedClockMs();
    const { runid } = await create(exchange.connection, body);
    const end = await exchange.watch.ended(runid);
    if (end.state !== "succeeded") throw new Error(`run ${runid} ended as ${end.state}`);
    called.push((await exchange.reported("called", runid)).at - sentAt);
    visible.push(end.at - sentAt);
  }
  return { "idle-called": latency(called), "idle-visible": latency(visible) };
}

async function measurePiped(exchange: Exchange, events: number) {
  const visible: number[] = [];
  let last = "";
  for (let left = events; left > 0; left -= 1) {
    await pause(REST_MS);
    const body = bodyOf("piped", { do: "nothing" });
    const sentAt = sharedClockMs();
    const { runid } = await create(exchange.connection, body);
    const end = await exchange.watch.ended(runid);
    if (end.state !== "succeeded") throw new Error(`run ${runid} ended as ${end.state}`);
    visible.push(end.at - sentAt);
    last = runid;
  }
  await assertSteps(exchange, last);
  return { "pipeline-visible": latency(visible) };
}

/** Fails unless the run went through every step of the pipeline. */
async function assertSteps({ server }: Exchange, run: string): Promise<void> {
  if (server.side === "floor") return;
  const response = await fetch(`${server.url}/runs/${run}`);
  const { steps } = (await response.json()) as {
    readonly steps: readonly { readonly id: string; readonly state: string }[];
  };
  const succeeded = steps.filter(({ state }) => state === "succeeded").map(({ id }) => id);
  const wanted = STEPS.map(({ id }) => id);
  if (succeeded.join() !== wanted.join()) {
    throw new Error(`run ${run} went through ${succeeded.join()}, not ${wanted.join()}`);
  }
}

export const idleRow: Row = {
  name: "idle",
  figures: [
    {
      id: "idle-called",
      title: "event sent → reconcile called, idle",
      unit: "ms",
      target: { kind: "ratioAtMost", bound: 1.4 },
    },
    {
      id: "idle-visible",
      title: "event sent → result durable and visible, idle",
      unit: "ms",
      target: { kind: "ratioAtMost", bound: 1.4 },
    },
  ],
  open: (side, settings) =>
    openStage({ side, settings }, (exchange) =>
      measurePlain(exchange, settings.quick ? QUICK_EVENTS : EVENTS),
    ),
};

export const pipelineRow: Row = {
  name: "pipeline",
  figures: [
    {
      id: "pipeline-visible",
      title: "3-step pipeline, event sent → visible, idle",
      unit: "ms",
      target: { kind: "ratioAtMost", bound: 1.5 },
    },
  ],
  open: (side, settings) =>
    openStage({ side, settings }, (exchange) =>
      measurePiped(exchange, settings.quick ? QUICK_EVENTS : EVENTS),
    ),
};
