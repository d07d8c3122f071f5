/**
 * Reads the feed of changes from beginning to end, and tells the ledger which runs have ended.
 *
 * F1 The connection is closed and opened anew now and then; nothing is missed, because it goes on
 *    after the last position that was read.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { WireChange } from "@conveyor-ci/contract";
import { openEvents } from "./events.ts";
import type { Stage } from "./stage.ts";

export interface FeedReader {
  /** Closes the connection; another follows. */
  reconnect(): void;
  stop(): Promise<void>;
}

const ENDS: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled", "timed_out"]);
const AGAIN_AFTER_MS = 100;

export function startFeedReader({ server, ledger, tally }: Stage): FeedReader {
  let position = 0;
  let isOver = false;
  let connection = new AbortController();

  const take = (change: WireChange): void => {
    tally.count("entries of the feed");
    if (change.position <= position) {
      tally.violated(`the feed told position ${change.position} after ${position}`);
    }
    position = change.position;
    if (change.noun === "run" && change.run !== undefined && ENDS.has(change.what)) {
      ledger.end(change.run, change.what);
    }
  };
  const read = async (): Promise<void> => {
    while (!isOver) {
      connection = new AbortController();
      const url = `${server}/changes?after=${position}`;
      for await (const { data } of openEvents(url, connection.signal)) {
        take(JSON.parse(data) as WireChange);
      }
      await pause(AGAIN_AFTER_MS);
    }
  };
  const reading = read();
  return {
    reconnect: () => connection.abort(),
    async stop() {
      isOver = true;
      connection.abort();
      await reading;
    },
  };
}
