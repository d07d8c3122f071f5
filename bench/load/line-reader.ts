/** Follows the lines of one run by WebSocket and checks that each comes once and in order. */
import WebSocket from "ws";
import { sharedClockMs } from "../clock.ts";

export interface ReadLines {
  readonly count: number;
  /** When the last line came, by the shared clock. */
  readonly lastAt: number;
  /** For each line the time from when it was due to be logged until it was here, in ms. */
  readonly latenciesMs: readonly number[];
}

interface Frame {
  readonly event?: string;
  readonly state?: string;
  readonly seq: number;
  readonly message: string;
}

/** Resolves when the end of the run is told; rejects on a line that is missing, double or misplaced. */
export function readLines(server: string, run: string): Promise<ReadLines> {
  const ws = new WebSocket(`${server.replace("http", "ws")}/logs/pipeline/${run}`, {
    perMessageDeflate: false,
  });
  const latenciesMs: number[] = [];
  let lastAt = 0;
  return new Promise((resolve, reject) => {
    const fail = (message: string): void => {
      reject(new Error(`run ${run}: ${message}`));
      ws.terminate();
    };
    ws.on("message", (data: Buffer) => {
      const { event, state, seq, message } = JSON.parse(data.toString()) as Frame;
      if (event === "end") {
        if (state === "succeeded") resolve({ count: latenciesMs.length, lastAt, latenciesMs });
        else fail(`ended as ${state}`);
        return;
      }
      const [index = "", dueAt = ""] = message.split(" ", 2);
      if (seq !== latenciesMs.length + 1 || Number(index) !== latenciesMs.length) {
        fail(`line ${seq} (${message}) came after ${latenciesMs.length} lines`);
        return;
      }
      lastAt = sharedClockMs();
      latenciesMs.push(lastAt - Number(dueAt));
    });
    ws.on("error", reject);
    ws.on("close", (code) => fail(`the stream closed with ${code} before the end`));
  });
}
