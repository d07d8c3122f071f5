/**
 * The main thread's end of the worker: starts it, hands lines and results over, and passes on what it
 * says. A worker that dies is told of as `fatal`, once, and nothing waits for it any more.
 */
import { Worker } from "node:worker_threads";
import { DriverError } from "./errors.ts";
import type { LineSink } from "./logger.ts";
import { BEAT_MS, createCounters } from "./shared/counters.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./shared/thread-messages.ts";
import { createSpoolSink, type SpoolSink } from "./spool-sink.ts";
import { WORKER_SOURCE } from "./worker-source.generated.ts";

/** Beside the time a stop has: what the worker needs to close its connection. */
const CLOSE_MS = 2_000;

type Passed = Extract<FromWorker, { readonly kind: "assign" | "cancel" | "lost" | "notice" }>;

export interface WorkerEvents {
  readonly passed: (message: Passed) => void;
  /** The worker cannot go on. */
  readonly fatal: (error: DriverError) => void;
}

export class WorkerLink {
  readonly #worker: Worker;
  readonly #events: WorkerEvents;
  readonly #sink: SpoolSink;
  readonly #beat: NodeJS.Timeout;
  #isOver = false;
  #stopped: (undelivered: number) => void = () => {};

  /** Starts the worker thread. It keeps the process alive until `terminate`. */
  constructor(setup: Omit<WorkerSetup, "counters">, events: WorkerEvents) {
    const counters = createCounters();
    counters.beat();
    this.#events = events;
    this.#sink = createSpoolSink({
      counters,
      spoolBytes: setup.spoolBytes,
      post: (message) => this.#post(message),
      notice: (message) => events.passed({ kind: "notice", message }),
    });
    const workerData: WorkerSetup = { ...setup, counters: counters.memory };
    // No options of the process: its loaders and hooks are for the user's code.
    this.#worker = new Worker(WORKER_SOURCE, { eval: true, workerData, execArgv: [] });
    this.#beat = setInterval(() => counters.beat(), BEAT_MS).unref();
    this.#worker.on("message", (message: FromWorker) => this.#hear(message));
    this.#worker.on("error", (error: Error) => this.#die(`failed: ${error.message}`, error));
    this.#worker.on("exit", (code) => this.#die(`ended with code ${code}`));
  }

  get sink(): LineSink {
    return this.#sink;
  }

  /** Hands over the text of a result frame, behind all lines written so far. */
  finish(lease: number, text: string): void {
    this.#post({ kind: "result", lease, text });
  }

  /** Tells the server that this instance takes no new leases. */
  drain(): void {
    this.#post({ kind: "draining" });
  }

  /** Delivers results for so long at most, says goodbye, and answers how many are left over. */
  stop(withinMs: number): Promise<number> {
    if (this.#isOver) return Promise.resolve(0);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(0), withinMs + CLOSE_MS);
      this.#stopped = (undelivered) => {
        clearTimeout(timer);
        resolve(undelivered);
      };
      this.#post({ kind: "stop", withinMs });
    });
  }

  async terminate(): Promise<void> {
    this.#end();
    await this.#worker.terminate();
  }

  #post(message: ToWorker): void {
    if (!this.#isOver) this.#worker.postMessage(message);
  }

  #hear(message: FromWorker): void {
    if (message.kind === "room") this.#sink.roomCame();
    else if (message.kind === "flushed") this.#sink.flushed(message.id, message.durable);
    else if (message.kind === "stopped") this.#stopped(message.undelivered);
    else if (message.kind === "fatal") {
      const hint = "give each process an instance name of its own, or stop the other one";
      this.#events.fatal(new DriverError("instance_in_use", message.message, { hint }));
    } else this.#events.passed(message);
  }

  #die(why: string, cause?: unknown): void {
    if (this.#isOver) return;
    this.#end();
    const message = `the driver's worker thread ${why}`;
    this.#events.fatal(new DriverError("internal_error", message, { cause }));
  }

  #end(): void {
    this.#isOver = true;
    clearInterval(this.#beat);
    this.#sink.end();
    this.#stopped(0);
  }
}
