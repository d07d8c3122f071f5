/** Followers of runs that come and go: by WebSocket and by events, some to the end, some not. */
import { setTimeout as pause } from "node:timers/promises";
import WebSocket from "ws";
import { openEvents } from "./events.ts";
import type { Stage } from "./stage.ts";

export interface Followers {
  readonly open: number;
  follow(run: string): Promise<void>;
}

interface Follow {
  lines: number;
  lastSeq: number;
}

/** Those that do not stay to the end go after this time. */
const SHORT_MS = 400;
const SHORT_SHARE = 0.3;
const LONGEST_MS = 60_000;

export function createFollowers(stage: Stage): Followers {
  const { server, random, tally, ledger } = stage;
  let open = 0;
  let turn = 0;

  const take = (run: string, follow: Follow, seq: number): void => {
    if (seq !== follow.lastSeq + 1) {
      tally.violated(`run ${run}: a follower got line ${seq} after line ${follow.lastSeq}`);
    }
    follow.lastSeq = seq;
    follow.lines += 1;
  };

  /** Resolves to whether the end was told. */
  function byWebSocket(run: string, follow: Follow, signal: AbortSignal): Promise<boolean> {
    const socket = new WebSocket(`${server.replace("http", "ws")}/logs/pipeline/${run}`);
    signal.addEventListener("abort", () => socket.terminate());
    return new Promise((resolve) => {
      let isEnd = false;
      socket.on("message", (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as { event?: string; seq: number };
        if (frame.event === "end") isEnd = true;
        else take(run, follow, frame.seq);
      });
      socket.on("error", () => resolve(false));
      socket.on("close", () => resolve(isEnd));
    });
  }

  async function byEvents(run: string, follow: Follow, signal: AbortSignal): Promise<boolean> {
    const url = `${server}/logs/pipeline/${run}`;
    for await (const { event, data } of openEvents(url, signal)) {
      if (event === "end") return true;
      take(run, follow, (JSON.parse(data) as { readonly seq: number }).seq);
    }
    return false;
  }

  return {
    get open() {
      return open;
    },
    async follow(run) {
      open += 1;
      turn += 1;
      const follow: Follow = { lines: 0, lastSeq: 0 };
      const stop = new AbortController();
      const isShort = random.chance(SHORT_SHARE);
      const timer = setTimeout(() => stop.abort(), isShort ? SHORT_MS : LONGEST_MS);
      try {
        const by = turn % 2 === 0 ? byWebSocket : byEvents;
        if (await by(run, follow, stop.signal)) {
          tally.count("followers told of the end");
          ledger.followed(run, follow.lines);
        } else if (isShort) tally.count("followers gone before it");
        else tally.violated(`run ${run}: a follower was not told of the end`);
      } finally {
        clearTimeout(timer);
        stop.abort();
        open -= 1;
      }
      await pause(0);
    },
  };
}
