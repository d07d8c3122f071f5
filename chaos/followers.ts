/**
 * Readers of logs that come back with a cursor whenever their stream breaks off, until they are told
 * of the end.
 */
import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "../e2e/harness/eventually.ts";
import { readByEvents, readByWebSocket, type StreamEnd } from "../e2e/harness/log-readers.ts";
import type { Scope } from "../e2e/harness/scope.ts";
import type { Follow } from "./evidence.ts";

export interface Followers {
  /** Follows a run from now on. */
  follow(of: { readonly run: string; readonly by: Follow["by"] }): void;
  readonly open: number;
  /** Connections that were made. */
  readonly connections: number;
  /** What each got; resolves when all have been told of the end, or the time is over. */
  collect(withinMs: number): Promise<readonly Follow[]>;
}

interface Following {
  readonly run: string;
  readonly by: Follow["by"];
  readonly lines: Follow["lines"][number][];
  hasEnded: boolean;
}

const AGAIN_AFTER_MS = 250;
const NO_ANSWER: StreamEnd = { end: null, code: 0 };

export function createFollowers(scope: Scope, server: string): Followers {
  const all: Following[] = [];
  const underWay = new Set<Promise<void>>();
  let connections = 0;
  let isOver = false;

  async function connect(following: Following): Promise<StreamEnd> {
    connections += 1;
    const after = following.lines.at(-1)?.seq ?? 0;
    const path = `/logs/pipeline/${following.run}`;
    const stream =
      following.by === "websocket"
        ? readByWebSocket(scope, server, `${path}${after === 0 ? "" : `?after=${after}`}`)
        : readByEvents(scope, server, { path, ...(after === 0 ? {} : { lastEventId: after }) });
    try {
      return await stream.end;
    } finally {
      for (const { seq, message } of stream.lines) following.lines.push({ seq, message });
    }
  }

  async function pursue(following: Following): Promise<void> {
    while (!isOver) {
      const { end, code } = await connect(following).catch(() => NO_ANSWER);
      // By events, 204 says that there is nothing after the last line.
      following.hasEnded = end !== null || code === 204;
      if (following.hasEnded) return;
      await pause(AGAIN_AFTER_MS);
    }
  }

  return {
    get open() {
      return underWay.size;
    },
    get connections() {
      return connections;
    },
    follow(of) {
      const following: Following = { ...of, lines: [], hasEnded: false };
      all.push(following);
      const pursuit = pursue(following).finally(() => underWay.delete(pursuit));
      underWay.add(pursuit);
    },
    async collect(withinMs) {
      await eventually(() => underWay.size === 0, { withinMs, what: "readers end" }).catch(() => {
        isOver = true;
      });
      return all.map((following) => ({ ...following, after: 0 }));
    },
  };
}
