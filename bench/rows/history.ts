/**
 * Whether cost grows with history: everything measured on a database with a million finished runs and
 * ten million lines, and in turn on one with hardly any. Measured only when it is asked for by name,
 * because filling it takes minutes.
 */
import { connectExchange } from "../exchange-stage.ts";
import type { Figure, Measured } from "../figure.ts";
import { fillHistory } from "../history/fill-history.ts";
import {
  type HistoryDirectory,
  type HistoryNote,
  type HistorySize,
  openHistoryDirectory,
} from "../history/history-directory.ts";
import { LISTS, measureHistory } from "../history/measure-history.ts";
import type { Row, Settings } from "../row.ts";
import { type LoopDelay, restartServer, setUp, startDriver } from "../side.ts";

/** What a list or a log has to have for its first page, on the database without a history. */
const SMALL: HistorySize = { runs: 200, lines: 2_000 };

const BASE = "empty";
const baseOf = (id: string): string => `${id}-${BASE}`;

const times = (id: string, title: string): Figure => ({
  id,
  title: `history: ${title}`,
  unit: "ms",
  target: { kind: "ratioAtMost", bound: 1.5 },
  base: baseOf(id),
});

const FIGURES: readonly Figure[] = [
  times("start", "start of the process → ready"),
  times("create", "create, one client"),
  {
    ...times("runs", "no-op runs end to end, 64 in flight"),
    unit: "/s",
    target: { kind: "ratioAtLeast", bound: 0.8 },
  },
  { ...times("runs-cpu", "CPU of the server, each run"), unit: "µs", target: { kind: "none" } },
  times("log", "first byte of a log of 1,000 lines"),
  ...LISTS.map(({ id, title }) => times(`list-${id}`, `runs by ${title}`)),
  {
    ...times("memory", "resident memory after these"),
    unit: "MB",
    target: { kind: "ratioAtMost", bound: 1.3 },
  },
];

async function fill(
  directory: HistoryDirectory,
  { settings, size }: { readonly settings: Settings; readonly size: HistorySize },
): Promise<void> {
  const options = { ...settings, probe: false, directory: directory.directory, isKept: true };
  const server = await restartServer("product", options);
  const note = directory.read();
  if (note === null) await setUp(server);
  const driver = await startDriver(server);
  const exchange = await connectExchange(server, { driver, after: note?.position ?? 0 });
  const save = (filled: HistoryNote): void => directory.write(filled);
  try {
    await fillHistory(exchange, { size, note, save, progress: settings.progress });
  } finally {
    await exchange.close();
  }
}

function noteOf(directory: HistoryDirectory) {
  const note = directory.read();
  if (note === null) throw new Error(`${directory.directory} was not filled to its end`);
  return { directory: directory.directory, note };
}

export const historyRow: Row = {
  name: "history",
  sides: ["product"],
  maxPairs: 3,
  isByName: true,
  figures: FIGURES,
  async open(_side, settings) {
    const full = openHistoryDirectory(settings.data, settings.history.directory);
    const empty = openHistoryDirectory(settings.data, null);
    if ((full.read()?.runs ?? 0) < settings.history.runs) {
      await fill(full, { settings, size: settings.history });
    }
    await fill(empty, { settings, size: SMALL });
    let turn = 0;
    let delay: LoopDelay | null = null;
    return {
      async sample() {
        turn += 1;
        const measured: Record<string, Measured> = {};
        const order = turn % 2 === 0 ? [full, empty] : [empty, full];
        for (const directory of order) {
          const { figures, loopDelay } = await measureHistory(noteOf(directory), settings);
          if (directory === full) delay = loopDelay;
          for (const [id, figure] of Object.entries(figures)) {
            measured[directory === full ? id : baseOf(id)] = figure;
          }
        }
        return measured;
      },
      loopDelay: () => Promise.resolve(delay),
      close() {
        full.remove();
        empty.remove();
        return Promise.resolve();
      },
    };
  },
};
