/**
 * The worker thread of a driver instance: connection, heartbeat and spool, so that none of them
 * depends on the user's code giving way. Bundled into one text that the main thread starts.
 *
 * W1 Lines in the channel are taken over before any message of the main thread is acted on, so a
 *    result never overtakes its lines.
 * W2 The thread ends when the main thread ends it; it never decides so itself.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { ErrorFrame, ServerFrame, WelcomeFrame } from "@conveyor-ci/contract";
import { createCounters } from "../shared/counters.ts";
import { createLineReader } from "../shared/line-channel.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "../shared/thread-messages.ts";
import { Connection } from "./connection.ts";
import { LeaseBook } from "./lease-book.ts";

const LONGEST_PROGRESS_MS = 5_000;
const SHORTEST_PROGRESS_MS = 50;
/** How often a stop looks whether the last result is recorded. */
const STOP_POLL_MS = 10;

const port = parentPort;
if (port === null) throw new Error("this file runs in a worker thread");
const setup = workerData as WorkerSetup;
const counters = createCounters(setup.counters);
const reader = createLineReader();
let progressTimer: NodeJS.Timeout | undefined;
let isDraining = false;
/** What was last said about the connection. */
let said: "nothing" | "connected" | "waiting" = "nothing";

const post = (message: FromWorker): void => port.postMessage(message);

const book = new LeaseBook({
  send: (frame) => connection.send(frame),
  post,
  release(sizeBytes) {
    counters.release(sizeBytes);
    if (counters.spooledBytes() * 2 <= setup.spoolBytes && counters.takeRoomWanted()) {
      post({ kind: "room" });
    }
  },
  later: (delayMs, action) => void setTimeout(action, delayMs).unref(),
});

const connection = new Connection({
  url: setup.url,
  headers: setup.headers,
  hello: () => JSON.stringify({ ...setup.hello, leases: book.names() }),
  holdsLeases: () => book.size > 0,
  welcomed,
  received,
  closed(why) {
    book.disconnected();
    clearInterval(progressTimer);
    if (said !== "waiting") {
      post({ kind: "notice", message: `waiting for the server at ${setup.server}: ${why}` });
    }
    said = "waiting";
  },
});

function welcomed(frame: WelcomeFrame): void {
  if (said !== "connected") {
    post({ kind: "notice", message: `connected to ${setup.server}` });
  }
  said = "connected";
  if (isDraining) connection.send(`{"type":"draining"}`);
  takeLines();
  book.connected(frame);
  const everyMs = Math.min(LONGEST_PROGRESS_MS, frame.times.progressMs);
  clearInterval(progressTimer);
  progressTimer = setInterval(sendProgress, Math.max(SHORTEST_PROGRESS_MS, everyMs));
}

function sendProgress(): void {
  const progress = { type: "progress", leases: book.working(), lagMs: counters.lagMs() };
  connection.send(JSON.stringify(progress));
}

function received(frame: ServerFrame, text: string): void {
  if (frame.type === "drain") connection.reconnect("the server is stopping");
  else if (frame.type === "error") fail(frame);
  else book.receive(frame, text);
}

function fail({ code, message }: ErrorFrame): void {
  if (code === "instance_in_use") {
    post({ kind: "fatal", code, message });
    void connection.stop();
    return;
  }
  post({ kind: "notice", message: `the server at ${setup.server} says ${code}: ${message}` });
  connection.reconnect(message);
}

/** W1 */
function takeLines(): void {
  counters.clearWake();
  reader.drain((lease, line) => book.append(lease, line));
}

function act(message: ToWorker): void {
  if (message.kind === "segment") reader.addSegment(message.memory);
  takeLines();
  if (message.kind === "result") book.setResult(message.lease, message.text);
  else if (message.kind === "flush") book.flush(message);
  else if (message.kind === "stop") void stop(message.withinMs);
  else if (message.kind === "draining") {
    isDraining = true;
    connection.send(`{"type":"draining"}`);
  }
  book.pump();
}

async function stop(withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (book.undelivered > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, STOP_POLL_MS));
  }
  connection.send(`{"type":"goodbye"}`);
  clearInterval(progressTimer);
  await connection.stop();
  post({ kind: "stopped", undelivered: book.undelivered });
}

port.on("message", act);
connection.start();
