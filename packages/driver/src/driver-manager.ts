/**
 * The driver manager: connects a driver to the server, receives its step runs, calls `reconcile` and
 * reports. The connection itself lives in a worker thread (worker-link.ts).
 *
 * M1 A step run's handler is started once for each lease.
 * M2 A stop takes no new step runs, waits for those that run, and gives back what is left.
 * M3 `run` settles exactly once, and afterwards nothing of the manager keeps the process alive.
 */
import { randomUUID } from "node:crypto";
import { type Client, createClient } from "@conveyor-ci/client";
import { type AssignFrame, PROTOCOL_VERSIONS } from "@conveyor-ci/contract";
import { type Attempt, startAttempt } from "./attempt.ts";
import { checkDriver, type Driver } from "./define-driver.ts";
import type { DriverError } from "./errors.ts";
import {
  type DriverManagerOptions,
  type ManagerSettings,
  parseOptions,
} from "./manager-options.ts";
import { type WorkerEvents, WorkerLink } from "./worker-link.ts";

/** What a handler has after its signal aborted for a shutdown, to clean up. */
const SHUTDOWN_GRACE_MS = 5_000;
/** What results have to reach the server after the last handler has ended. */
const DELIVER_MS = 5_000;
/** How long a stopped process may go on for the sake of handlers that ignore their signal. */
const STUCK_EXIT_MS = 1_000;

/**
 * Runs a driver: keeps it connected to the server and calls its `reconcile` for each step run, at most
 * `concurrency` at once.
 *
 * A connection that breaks is made again, with work going on meanwhile: leases are resumed, lines and
 * results that were not acknowledged are sent again and counted once. Handlers that block the event
 * loop stay alive for the server, and their lines travel.
 *
 * @example
 * ```ts
 * await new DriverManager(driver, { events: ["*"] }).run();
 * ```
 */
export class DriverManager {
  readonly #driver: Driver;
  readonly #settings: ManagerSettings;
  readonly #attempts = new Map<number, Attempt>();
  readonly #stopping = new AbortController();
  /** Aborts when a stop is asked for a second time: handlers are told to end at once. */
  readonly #hurry = new AbortController();
  #idle: () => void = () => {};
  #running: Promise<void> | undefined;
  #client: Client | undefined;

  /**
   * @throws {DriverError} `invalid_options` when the driver or an option is not as it must be; nothing
   *   has been started then
   */
  constructor(driver: Driver, options: DriverManagerOptions = {}) {
    this.#driver = checkDriver(driver);
    this.#settings = parseOptions(options);
  }

  /**
   * Connects and works until it is stopped: by `stop`, by the option `signal`, or (without that
   * option) by SIGTERM or SIGINT. A server that is not there is waited for. Resolves when every
   * handler has ended, or was aborted and given back, and the server knows; calling it again gives the
   * same promise.
   *
   * @throws {DriverError} `instance_in_use` when another live process has the instance name;
   *   `internal_error` when the worker thread died
   */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /**
   * Stops: takes no new step runs, waits `drainMs` for the handlers that run, then aborts their signals
   * with the kind `shutdown`; a step run that does not end in success then is given back, and delivered
   * again. Resolves when `run` has settled. Idempotent, and legal before `run`.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    // Whoever called `run` is told of its failure.
    await this.#running?.catch(() => {});
  }

  async #run(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    let fail: (error: DriverError) => void = () => {};
    const failed = new Promise<never>((_resolve, reject) => void (fail = reject));
    const link: WorkerLink = new WorkerLink(this.#setup(), {
      passed: (message) => this.#hear(link, message),
      fatal: (error) => fail(error),
    });
    const unhook = this.#hookStops();
    try {
      await Promise.race([failed, aborted(this.#stopping.signal)]);
      await Promise.race([failed, this.#drain(link)]);
    } catch (error) {
      for (const attempt of this.#attempts.values()) attempt.abort("lease_lost");
      throw error;
    } finally {
      unhook();
      await link.terminate();
    }
  }

  #setup(): ConstructorParameters<typeof WorkerLink>[0] {
    const { url, server, headers, spoolBytes, instance, concurrency, events } = this.#settings;
    const { name, resources } = this.#driver;
    return {
      url,
      server,
      headers,
      spoolBytes,
      hello: {
        type: "hello",
        protocol: [...PROTOCOL_VERSIONS],
        driver: name,
        resources: [...resources],
        ...(events !== undefined && { events: [...events] }),
        instance,
        boot: randomUUID(),
        concurrency,
      },
    };
  }

  #hear(link: WorkerLink, message: Parameters<WorkerEvents["passed"]>[0]): void {
    if (message.kind === "assign") this.#start(link, message.text);
    else if (message.kind === "notice") this.#notice(message.message);
    else if (message.kind === "cancel") this.#attempts.get(message.lease)?.abort(message.reason);
    else {
      const attempt = this.#attempts.get(message.lease);
      if (attempt === undefined) return;
      this.#notice(`${attempt.title} lost its lease: ${message.message}`);
      attempt.abort("lease_lost");
    }
  }

  /** M1: the worker passes each lease on once. */
  #start(link: WorkerLink, text: string): void {
    if (this.#hurry.signal.aborted) return;
    const frame = JSON.parse(text) as AssignFrame;
    const { server, headers } = this.#settings;
    const attempt = startAttempt(this.#driver, frame, {
      now: Date.now,
      sink: link.sink,
      client: () => (this.#client ??= createClient({ server, headers })),
      finish: (lease, text) => link.finish(lease, text),
      ended: () => {
        this.#attempts.delete(frame.lease);
        if (this.#attempts.size === 0) this.#idle();
      },
    });
    this.#attempts.set(frame.lease, attempt);
  }

  /** M2 */
  async #drain(link: WorkerLink): Promise<void> {
    link.drain();
    await this.#untilIdle(this.#settings.drainMs, this.#hurry.signal);
    this.#hurry.abort();
    for (const attempt of this.#attempts.values()) attempt.abort("shutdown");
    await this.#untilIdle(SHUTDOWN_GRACE_MS);
    for (const { title } of this.#attempts.values()) {
      this.#notice(`${title} goes on though its signal aborted; it is given back`);
    }
    const undelivered = await link.stop(DELIVER_MS);
    if (undelivered > 0) {
      const left = `${undelivered} results did not reach the server`;
      this.#notice(`${left}; their step runs will be delivered again`);
    }
  }

  /** Resolves when no handler runs, after `timeoutMs`, or when `signal` aborts. */
  #untilIdle(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#attempts.size === 0 || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        this.#idle = () => {};
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      signal?.addEventListener("abort", done, { once: true });
      this.#idle = done;
    });
  }

  /** Answers a function that takes the hooks away again. */
  #hookStops(): () => void {
    const { signal } = this.#settings;
    if (signal !== undefined) {
      const stop = (): void => this.#stopping.abort();
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { once: true });
      return () => signal.removeEventListener("abort", stop);
    }
    const stop = (name: NodeJS.Signals): void => {
      if (this.#stopping.signal.aborted) this.#hurry.abort();
      else
        this.#notice(
          `driver ${this.#driver.name} stops (${name}); running: ${this.#attempts.size}`,
        );
      this.#stopping.abort();
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
    return () => {
      process.off("SIGTERM", stop);
      process.off("SIGINT", stop);
      const isStuck = this.#stopping.signal.aborted && this.#attempts.size > 0;
      // The process was told to end, and only handlers that ignore their signal hold it.
      if (isStuck) setTimeout(() => process.exit(1), STUCK_EXIT_MS).unref();
    };
  }

  #notice(message: string): void {
    this.#settings.notice(message);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
