/** A run is told to stop: how long until the signal of its handler aborts. */
import { sharedClockMs } from "../clock.ts";
import { type Exchange, openStage } from "../exchange-stage.ts";
import { bodyOf, create } from "../load/creates.ts";
import { percentile } from "../percentiles.ts";
import type { Row } from "../row.ts";

const CANCELS = 100;
const QUICK_CANCELS = 30;

async function cancelOne(exchange: Exchange): Promise<number> {
  const { server, connection, watch } = exchange;
  const { runid } = await create(connection, bodyOf("plain", { do: "untilAborted" }));
  await exchange.reported("called", runid);
  const sentAt = sharedClockMs();
  const answer = await connection.post(`/runs/${runid}/cancel`, "");
  if (answer.status !== 202) throw new Error(`${server.url} answered ${answer.status} to a cancel`);
  const { at } = await exchange.reported("aborted", runid);
  const { state } = await watch.ended(runid);
  if (state !== "cancelled") throw new Error(`run ${runid} was cancelled and ended as ${state}`);
  return at - sentAt;
}

export const cancelRow: Row = {
  name: "cancel",
  sides: ["product"],
  maxPairs: 1,
  figures: [
    {
      id: "cancel",
      title: "cancel sent → signal of the handler aborts",
      unit: "ms",
      target: { kind: "atMost", of: "p99", bound: 100 },
    },
  ],
  open: (side, settings) =>
    openStage({ side, settings }, async (exchange) => {
      const latencies: number[] = [];
      const count = settings.quick ? QUICK_CANCELS : CANCELS;
      while (latencies.length < count) latencies.push(await cancelOne(exchange));
      const [p50, p99] = [percentile(latencies, 50), percentile(latencies, 99)];
      return { cancel: { kind: "latency", p50, p99 } };
    }),
};
