/** The driver of the floor: one socket, handlers as the product's, lines in frames of many. */
import WebSocket from "ws";
import { performWorkload, reportToParent, type WorkloadLogger } from "../workload.ts";
import { type AssignFrame, DRIVER_PATH, type FloorLine, type LoggedFrame } from "./frames.ts";

/** Lines of one frame, and frames under way, at most. */
const MAX_LINES = 1_000;
const MAX_UNACKNOWLEDGED = 4;

const server = process.argv[2] ?? "";
const ws = new WebSocket(`${server.replace("http", "ws")}${DRIVER_PATH}`, {
  perMessageDeflate: false,
});
/** Nobody is told to stop. */
const { signal } = new AbortController();
const loggers = new Map<string, RunLogger>();

class RunLogger implements WorkloadLogger {
  readonly #run: string;
  #lines: FloorLine[] = [];
  #sent = 0;
  #received = 0;
  #unacknowledged = 0;
  #isScheduled = false;
  #waiting: { readonly upTo: number; readonly resolve: () => void }[] = [];

  constructor(run: string) {
    this.#run = run;
  }

  log(labels: Readonly<Record<string, string>>, message: string): void {
    this.#lines.push({ timestamp: timestampNow(), level: "info", message, labels });
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#send();
    });
  }

  flush(): Promise<void> {
    const upTo = this.#sent + this.#lines.length;
    if (this.#received >= upTo) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ upTo, resolve }));
  }

  acknowledge(received: number): void {
    this.#received = received;
    this.#unacknowledged -= 1;
    while ((this.#waiting[0]?.upTo ?? Infinity) <= received) this.#waiting.shift()?.resolve();
    this.#send();
  }

  #send(): void {
    let from = 0;
    while (from < this.#lines.length && this.#unacknowledged < MAX_UNACKNOWLEDGED) {
      const lines = this.#lines.slice(from, from + MAX_LINES);
      ws.send(JSON.stringify({ type: "log", run: this.#run, first: this.#sent, lines }));
      from += lines.length;
      this.#sent += lines.length;
      this.#unacknowledged += 1;
    }
    if (from > 0) this.#lines = this.#lines.slice(from);
  }
}

let lastMs = 0;
let lastText = "";

/** A time is written once for all lines of a millisecond. */
function timestampNow(): string {
  const now = Date.now();
  if (now !== lastMs) {
    lastMs = now;
    lastText = new Date(now).toISOString();
  }
  return lastText;
}

async function reconcile({ run, resource }: AssignFrame): Promise<void> {
  const logger = new RunLogger(run);
  loggers.set(run, logger);
  await performWorkload(resource.spec.workload, { run, attempt: 1, signal, logger });
  await logger.flush();
  loggers.delete(run);
  ws.send(JSON.stringify({ type: "result", run, success: true, message: "done", data: null }));
}

ws.on("open", () => reportToParent({ kind: "connected" }));
ws.on("message", (data: Buffer) => {
  const frame = JSON.parse(data.toString()) as AssignFrame | LoggedFrame;
  if (frame.type === "assign") void reconcile(frame);
  else loggers.get(frame.run)?.acknowledge(frame.received);
});
ws.on("close", () => process.exit(0));
ws.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
