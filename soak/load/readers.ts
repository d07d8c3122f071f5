/** Reads what is stored: the log of every run that has ended, lists, pages of the feed, queries. */
import type { WireLogLine } from "@conveyor-ci/contract";
import type { Judgeable } from "./ledger.ts";
import { judgeEnd, judgeLog } from "./run-entry.ts";
import { ask, type Stage } from "./stage.ts";

export interface Readers {
  /** Reads a page of one of the lists. */
  list(): Promise<void>;
  /** Reads lines by other marks than their run. */
  query(): Promise<void>;
  /** Judges every run that has ended long enough ago. */
  judgeEnded(isLast?: boolean): Promise<void>;
  /** Reads logs again that were judged long ago. */
  rereadOld(): Promise<void>;
}

const LISTS = [
  "/runs?limit=50",
  "/runs?limit=50&state=failed",
  "/runs?limit=50&state=running",
  "/runs?limit=50&resource=plain",
  "/runs?limit=50&resource=piped&name=app-3",
  "/runs?limit=50&pipeline=ship",
  "/runs?limit=50&driver=beta",
  "/resources?limit=100",
  "/resources/plain?limit=100",
  "/drivers",
  "/changes?limit=100",
] as const;

const QUERIES = [
  "/logs?driver=beta&limit=200",
  "/logs?pipeline=ship&step=publish&limit=200",
  "/logs?driver=alpha&label.part=burst&limit=200",
] as const;

/** Logs that are read again at the end, spread over the whole time. */
const MAX_OLD = 2_000;
const KEEP_ONE_IN = 50;

export function createReaders(stage: Stage): Readers {
  const { tally, ledger, random, latencies } = stage;
  const old: { readonly run: string; readonly lines: number }[] = [];
  let judged = 0;

  async function readLog(run: string): Promise<readonly WireLogLine[] | null> {
    const path = `/logs?runid=${run}`;
    const answer = await ask(stage, { what: "log", method: "GET", path });
    if (answer === null) return null;
    const lines = JSON.parse(answer.text) as readonly WireLogLine[];
    tally.count("lines read", lines.length);
    if (lines.length > 0) latencies.add("log", answer.firstByteMs);
    return lines;
  }

  function keep(run: string, lines: number): void {
    judged += 1;
    if (judged % KEEP_ONE_IN !== 0) return;
    if (old.length < MAX_OLD) old.push({ run, lines });
    else old[random.integer(0, MAX_OLD - 1)] = { run, lines };
  }

  async function judge({ entry, isAgain }: Judgeable): Promise<void> {
    if (!isAgain) {
      const wrong = judgeEnd(entry);
      if (wrong === null) tally.count("runs ended as they should");
      else tally.violated(wrong);
    }
    const lines = await readLog(entry.run);
    if (lines === null) return;
    for (const wrong of judgeLog(entry, lines)) tally.violated(wrong);
    for (const count of entry.acknowledged.values()) tally.count("lines acknowledged", count);
    tally.count("runs judged by their log", isAgain ? 0 : 1);
    keep(entry.run, lines.length);
  }

  return {
    async list() {
      const path = LISTS[random.integer(0, LISTS.length - 1)] ?? LISTS[0];
      const answer = await ask(stage, { what: "list", method: "GET", path });
      if (answer !== null) latencies.add("list", answer.wholeMs);
    },
    async query() {
      const path = QUERIES[random.integer(0, QUERIES.length - 1)] ?? QUERIES[0];
      await ask(stage, { what: "query", method: "GET", path });
    },
    async judgeEnded(isLast = false) {
      for (let next = ledger.take(isLast); next !== undefined; next = ledger.take(isLast)) {
        await judge(next);
      }
    },
    async rereadOld() {
      for (const { run, lines } of old) {
        const now = await readLog(run);
        tally.count("old logs read again");
        const found = now === null ? [] : judgeLog(unjudged(run), now);
        for (const wrong of found) tally.violated(wrong);
        if (now !== null && now.length < lines) {
          tally.violated(`run ${run}: ${now.length} of ${lines} lines are left`);
        }
      }
    },
  };
}

const unjudged = (run: string) => ({
  run,
  acknowledged: new Map<number, number>(),
  notes: [],
  followed: [],
});
