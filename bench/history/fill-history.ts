/**
 * Fills a server with history by the way that everything takes: creates over HTTP, runs at a driver,
 * lines in its log.
 *
 * F1 What is rare comes first, so that a list of it that looked at every run would show.
 */
import { assertEnded, type Exchange, IN_FLIGHT } from "../exchange-stage.ts";
import { bodyOf, create, openConnections } from "../load/creates.ts";
import { HttpConnection } from "../load/http-connection.ts";
import type { Workload } from "../workload.ts";
import type { HistoryNote, HistorySize } from "./history-directory.ts";

export const PROBE_LINES = 1_000;
/** Runs that failed, and runs with a pipeline: as many as a page of a list holds. */
const RARE = 100;
/** Parts of a history; the log of a run is read from the end of each. */
const PARTS = 4;
const TELL_EVERY = 20_000;

export interface FillOptions {
  readonly size: HistorySize;
  /** What is there already; null: nothing. */
  readonly note: HistoryNote | null;
  /** Told after each part, so that what is broken off can be gone on with. */
  readonly save: (note: HistoryNote) => void;
  readonly progress: (text: string) => void;
}

export async function fillHistory(exchange: Exchange, options: FillOptions): Promise<void> {
  const { size, save, progress } = options;
  const part = Math.ceil(size.runs / PARTS);
  const lines = Math.round(size.lines / size.runs);
  const workload: Workload = lines < 1 ? { do: "nothing" } : { do: "log", lines };
  let note = options.note ?? (await beginHistory(exchange));
  save(note);
  while (note.runs < size.runs) {
    const to = Math.min(size.runs, note.runs + part);
    await makeMany(exchange, { from: note.runs, to, workload, progress });
    note = {
      ...note,
      runs: to,
      lines: note.lines + (to - note.runs) * lines,
      probes: [...note.probes, await logProbe(exchange)],
      position: exchange.watch.position,
    };
    save(note);
  }
}

/** F1 */
async function beginHistory(exchange: Exchange): Promise<HistoryNote> {
  const probe = await logProbe(exchange);
  const first = bodyOf("plain", { do: "fail" });
  const { name: oldName } = JSON.parse(first) as { readonly name: string };
  for (let count = 0; count < RARE; count += 1) {
    const body = count === 0 ? first : bodyOf("plain", { do: "fail" });
    await makeOne(exchange, { body, state: "failed" });
    await makeOne(exchange, { body: bodyOf("piped", { do: "nothing" }), state: "succeeded" });
  }
  return { runs: 0, lines: 0, probes: [probe], oldName, position: exchange.watch.position };
}

async function logProbe(exchange: Exchange): Promise<string> {
  const body = bodyOf("plain", { do: "log", lines: PROBE_LINES });
  return makeOne(exchange, { body, state: "succeeded" });
}

async function makeOne(
  { server, watch }: Exchange,
  { body, state }: { readonly body: string; readonly state: string },
): Promise<string> {
  // A connection of its own: one that has long been idle is closed by the server.
  const connection = new HttpConnection(server.url);
  const { runid } = await create(connection, body);
  connection.close();
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
