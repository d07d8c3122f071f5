/**
 * The main thread's end of the worker: starts it, hands lines and results over, and passes on what it
 * says.
 *
 * K1 A line is in shared memory, and the worker woken, before `write` returns.
 * K2 The worker is woken once for all lines that it has not looked at yet.
 * K3 A worker that dies is told of as `fatal`; nothing waits for it any more.
 */
import { Worker } from "node:worker_threads";
import { DriverError } from "./errors.ts";
import type { LineSink } from "./logger.ts";
import { BEAT_MS, createCounters, LINE_OVERHEAD_BYTES } from "./shared/counters.ts";
import { createLineWriter } from "./shared/line-channel.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./shared/thread-messages.ts";
import { WORKER_SOURCE } from "./worker-source.generated.ts";

/** Beside the time a stop has: what the worker needs to close its connection. */
const CLOSE_MS = 2_000;

type Passed = Extract<FromWorker, { readonly kind: "assign" | "cancel" | "lost" | "notice" }>;

export interface WorkerEvents {
  passed(message: Passed): void;
  /** The worker cannot go on. */
  fatal(error: DriverError): void;
}

export interface WorkerLink {
  readonly sink: LineSink;
  finish(lease: number, text: string): void;
  /** Tells the server that this instance takes no new leases. */
  drain(): void;
  /** Delivers results for so long at most, says goodbye, and answers how many are left over. */
  stop(withinMs: number): Promise<number>;
  terminate(): Promise<void>;
}

/** Starts the worker thread. It keeps the process alive until `terminate`. */
export function startWorker(
  setup: Omit<WorkerSetup, "counters">,
  events: WorkerEvents,
): WorkerLink {
  const counters = createCounters();
  counters.beat();
  const workerData: WorkerSetup = { ...setup, counters: counters.memory };
  // No options of the process: its loaders and hooks are for the user's code.
  const worker = new Worker(WORKER_SOURCE, { eval: true, workerData, execArgv: [] });
  const beat = setInterval(counters.beat, BEAT_MS).unref();
  const flushes = new Map<number, (durable: boolean) => void>();
  const waiters = new Set<() => void>();
  let nextFlush = 1;
  let isOver = false;
  let stopped: (undelivered: number) => void = () => {};

  const post = (message: ToWorker): void => worker.postMessage(message);
  const writer = createLineWriter((memory) => post({ kind: "segment", memory }));

  function wakeWaiters(): void {
    for (const wake of waiters) wake();
    waiters.clear();
  }

  /** K3 */
  function end(): void {
    isOver = true;
    clearInterval(beat);
    wakeWaiters();
    for (const settle of flushes.values()) settle(false);
    flushes.clear();
    stopped(0);
  }

  function hear(message: FromWorker): void {
    if (message.kind === "room") wakeWaiters();
    else if (message.kind === "stopped") stopped(message.undelivered);
    else if (message.kind === "flushed") {
      flushes.get(message.id)?.(message.durable);
      flushes.delete(message.id);
    } else if (message.kind === "fatal") {
      const hint = "give each process an instance name of its own, or stop the other one";
      events.fatal(new DriverError("instance_in_use", message.message, { hint }));
    } else events.passed(message);
  }

  function die(why: string, cause?: unknown): void {
    const wasOver = isOver;
    end();
    if (wasOver) return;
    events.fatal(new DriverError("internal_error", `the driver's worker thread ${why}`, { cause }));
  }

  worker.on("message", hear);
  worker.on("error", (error: Error) => die(`failed: ${error.message}`, error));
  worker.on("exit", (code) => die(`ended with code ${code}`));

  const sink: LineSink = {
    write(lease, line) {
      if (isOver) return;
      const sizeBytes = Buffer.byteLength(line);
      if (!counters.reserve(sizeBytes + LINE_OVERHEAD_BYTES, setup.spoolBytes)) {
        const message = `the log spool is at its bound of ${setup.spoolBytes} bytes`;
        const hint =
          "the server takes lines more slowly than they come; await logger.flush() now and then";
        throw new DriverError("log_spool_full", message, { hint });
      }
      writer.write(lease, line, sizeBytes);
      if (counters.claimWake()) post({ kind: "wake" }); // K1, K2
    },
    waitForRoom() {
      counters.wantRoom();
      // The room may have come between the caller's try and the wish for it.
      if (isOver || counters.spooledBytes() * 2 <= setup.spoolBytes) return Promise.resolve();
      return new Promise((resolve) => void waiters.add(resolve));
    },
    flush(lease, lines) {
      if (isOver) return Promise.resolve(false);
      const id = nextFlush;
      nextFlush += 1;
      return new Promise((resolve) => {
        flushes.set(id, resolve);
        post({ kind: "flush", lease, lines, id });
      });
    },
    notice: (message) => events.passed({ kind: "notice", message }),
  };

  return {
    sink,
    finish(lease, text) {
      if (!isOver) post({ kind: "result", lease, text });
    },
    drain: () => post({ kind: "draining" }),
    stop(withinMs) {
      if (isOver) return Promise.resolve(0);
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(0), withinMs + CLOSE_MS);
        stopped = (undelivered) => {
          clearTimeout(timer);
          resolve(undelivered);
        };
        post({ kind: "stop", withinMs });
      });
    },
    async terminate() {
      end();
      await worker.terminate();
    },
  };
}
