/** Sends the lines of a run to its readers, each as one text frame, and at the end the end. */
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { LogFrame } from "./frames.ts";

export interface Follower {
  readonly ws: WebSocket;
  /** The socket under it, to be corked for the lines of one batch. */
  readonly socket: Socket;
}

export class LogFollowers {
  readonly #byRun = new Map<string, Set<Follower>>();

  add(run: string, follower: Follower): void {
    const followers = this.#byRun.get(run) ?? new Set();
    this.#byRun.set(run, followers.add(follower));
    follower.ws.on("close", () => {
      followers.delete(follower);
      if (followers.size === 0) this.#byRun.delete(run);
    });
  }

  tell(frame: LogFrame): void {
    const followers = this.#byRun.get(frame.run);
    if (followers === undefined) return;
    const texts = textsOf(frame);
    for (const follower of followers) sendLines(follower, texts);
  }

  end(run: string, state: string): void {
    for (const { ws } of this.#byRun.get(run) ?? []) sendEnd(ws, run, state);
  }
}

export function textsOf({ run, first, lines }: LogFrame): string[] {
  return lines.map(({ timestamp, level, message, labels }, index) =>
    JSON.stringify({
      seq: first + index + 1,
      runid: run,
      driver: "bench",
      pipeline: null,
      step: "bench",
      attempt: 1,
      timestamp,
      level,
      message,
      labels,
    }),
  );
}

export function sendLines({ ws, socket }: Follower, texts: readonly string[]): void {
  socket.cork();
  for (const text of texts) ws.send(text);
  socket.uncork();
}

export function sendEnd(ws: WebSocket, run: string, state: string): void {
  ws.send(JSON.stringify({ event: "end", runid: run, state }));
  ws.close(1000);
}
