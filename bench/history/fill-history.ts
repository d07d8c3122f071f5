/**
 * Fills a server with history by the way that everything takes: creates over HTTP, runs at a driver,
 * lines in its log.
 *
 * F1 What is rare comes first, so that a list of it that looked at every run would show.
 */
import { assertEnded, type Exchange, IN_FLIGHT } from "../exchange-stage.ts";
import { bodyOf, create, openConnections } from "../load/creates.ts";
import type { HttpConnection } from "../load/http-connection.ts";
import type { Workload } from "../workload.ts";
import type { HistoryNote, HistorySize } from "./history-directory.ts";

export const PROBE_LINES = 1_000;
/** Runs that failed, and runs with a pipeline: as many as a page of a list holds. */
const RARE = 100;
const TELL_EVERY = 20_000;

export async function fillHistory(
  exchange: Exchange,
  { runs, lines }: HistorySize,
  progress: (text: string) => void,
): Promise<HistoryNote> {
  const probes = [await logProbe(exchange)];
  const first = bodyOf("plain", { do: "fail" });
  const oldName = (JSON.parse(first) as { readonly name: string }).name;
  for (let count = 0; count < RARE; count += 1) {
    const body = count === 0 ? first : bodyOf("plain", { do: "fail" });
    await makeOne(exchange, { body, state: "failed" });
    await makeOne(exchange, { body: bodyOf("piped", { do: "nothing" }), state: "succeeded" });
  }
  const each = Math.round(lines / runs);
  const workload: Workload = each < 1 ? { do: "nothing" } : { do: "log", lines: each };
  for (const half of [runs / 2, runs]) {
    await makeMany(exchange, { from: half - runs / 2, to: half, workload, progress });
    probes.push(await logProbe(exchange));
  }
  return { runs, lines: each * runs, probes, oldName, position: exchange.watch.position };
}

async function logProbe(exchange: Exchange): Promise<string> {
  const body = bodyOf("plain", { do: "log", lines: PROBE_LINES });
  return makeOne(exchange, { body, state: "succeeded" });
}

async function makeOne(
  { connection, watch }: Exchange,
  { body, state }: { readonly body: string; readonly state: string },
): Promise<string> {
  const { runid } = await create(connection, body);
  assertEnded(runid, await watch.ended(runid), state);
  return runid;
}

interface Share {
  readonly from: number;
  readonly to: number;
  readonly workload: Workload;
  readonly progress: (text: string) => void;
}

async function makeMany(exchange: Exchange, { from, to, workload, progress }: Share) {
  const { server, driver, watch } = exchange;
  const connections = openConnections(server.url, IN_FLIGHT);
  let begun = from;
  let ended = from;
  const work = async (connection: HttpConnection): Promise<void> => {
    while (begun < to) {
      begun += 1;
      const { runid } = await create(connection, bodyOf("plain", workload));
      assertEnded(runid, await watch.ended(runid), "succeeded");
      ended += 1;
      if (ended % TELL_EVERY === 0) progress(`history: ${ended.toLocaleString("en")} runs`);
    }
  };
  const all = Promise.all(connections.map(work));
  await Promise.race([all, server.child.failed, driver.failed]);
  for (const connection of connections) connection.close();
}
