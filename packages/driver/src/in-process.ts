/**
 * A driver on a connection that its caller brings: no worker thread, no socket, no time of its own.
 * For test kits and for hosts in whose process the control plane runs; a program of its own uses
 * `DriverManager`.
 *
 * I1 Frames travel as the protocol's texts, so that a handler gets what it would get elsewhere.
 * I2 What the server has not acknowledged is sent again on the next connection (lease-book.ts).
 * I3 `stop` settles when every handler has ended, and what they returned was handed over.
 */
import type { Client } from "@conveyor-ci/client";
import {
  type AssignFrame,
  type HelloFrame,
  PROTOCOL_VERSIONS,
  type ServerFrame,
} from "@conveyor-ci/contract";
import { type Attempt, startAttempt } from "./attempt.ts";
import { checkDriver, type Driver } from "./define-driver.ts";
import type { LineSink } from "./logger.ts";
import { DEFAULT_SPOOL_BYTES } from "./manager-options.ts";
import { LINE_OVERHEAD_BYTES } from "./shared/counters.ts";
import type { FromWorker } from "./shared/thread-messages.ts";
import { spoolFull } from "./spool-sink.ts";
import { LeaseBook } from "./worker/lease-book.ts";

/** What an in-process driver needs of its caller. */
export interface InProcessPorts {
  /** Takes the text of a frame for the server; called between `connected` and `disconnected`. */
  readonly send: (frame: string) => void;
  /** Runs an action once, later. */
  readonly later: (delayMs: number, action: () => void) => void;
  /** The client that handlers get. */
  readonly client: () => Client;
  /** The time of lines in milliseconds since 1970; the process's own unless given. */
  readonly now?: () => number;
  /** Takes what `DriverManager` would write to stderr. */
  readonly notice: (message: string) => void;
}

/** Who the instance is; as in the options of `DriverManager`. */
export type InProcessInstance = Pick<HelloFrame, "instance" | "boot" | "events" | "concurrency">;

/** An instance of a driver in the caller's thread. */
export class InProcessDriver {
  readonly #driver: Driver;
  readonly #ports: InProcessPorts;
  readonly #book: LeaseBook;
  readonly #attempts = new Map<number, Attempt>();
  readonly #flushes = new Map<number, (durable: boolean) => void>();
  #spooledBytes = 0;
  #nextFlush = 1;
  #isPumping = false;
  #waiting: (() => void)[] = [];

  /** @throws {DriverError} `invalid_options` when the driver is not as it must be */
  constructor(driver: Driver, ports: InProcessPorts) {
    this.#driver = checkDriver(driver);
    this.#ports = ports;
    this.#book = new LeaseBook({
      send: (frame) => ports.send(frame.toString()),
      post: (message) => this.#hear(message),
      release: (sizeBytes) => void (this.#spooledBytes -= sizeBytes),
      later: ports.later,
    });
  }

  /** Handlers that run. */
  get running(): number {
    return this.#attempts.size;
  }

  /** The first frame of a connection; it names the leases that are held. */
  hello(instance: InProcessInstance): HelloFrame {
    const { name, resources } = this.#driver;
    return {
      type: "hello",
      protocol: [...PROTOCOL_VERSIONS],
      driver: name,
      resources: [...resources],
      ...instance,
      leases: this.#book.names(),
    };
  }

  /** Leases whose handlers run, for `progress`. */
  working(): readonly number[] {
    return this.#book.working();
  }

  /** Takes the text of a frame of the server; `welcome` opens the connection. */
  receive(text: string): void {
    const frame = JSON.parse(text) as ServerFrame;
    if (frame.type === "welcome") this.#book.connected(frame);
    else this.#book.receive(frame, text);
  }

  /** The connection is gone; handlers go on. */
  disconnected(): void {
    this.#book.disconnected();
  }

  /** Aborts every handler with the kind `shutdown`; see I3. What does not succeed is given back. */
  async stop(): Promise<void> {
    for (const attempt of this.#attempts.values()) attempt.abort("shutdown");
    while (this.#attempts.size > 0) {
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    }
    this.#book.pump();
  }

  #hear(message: FromWorker): void {
    if (message.kind === "assign") this.#start(JSON.parse(message.text) as AssignFrame);
    else if (message.kind === "cancel") this.#attempts.get(message.lease)?.abort(message.reason);
    else if (message.kind === "lost") this.#attempts.get(message.lease)?.abort("lease_lost");
    else if (message.kind === "flushed") {
      this.#flushes.get(message.id)?.(message.durable);
      this.#flushes.delete(message.id);
    } else if (message.kind === "notice") this.#ports.notice(message.message);
  }

  #start(frame: AssignFrame): void {
    const attempt = startAttempt(this.#driver, frame, {
      sink: this.#sink,
      now: this.#ports.now ?? Date.now,
      client: this.#ports.client,
      finish: (lease, text) => {
        this.#book.setResult(lease, text);
        this.#book.pump();
      },
      ended: () => {
        this.#attempts.delete(frame.lease);
        for (const wake of this.#waiting.splice(0)) wake();
      },
    });
    this.#attempts.set(frame.lease, attempt);
  }

  readonly #sink: LineSink = {
    notice: (message) => this.#ports.notice(message),
    write: (lease, line) => {
      const bytes = Buffer.from(line);
      const sizeBytes = bytes.length + LINE_OVERHEAD_BYTES;
      if (this.#spooledBytes + sizeBytes > DEFAULT_SPOOL_BYTES)
        throw spoolFull(DEFAULT_SPOOL_BYTES);
      this.#spooledBytes += sizeBytes;
      this.#book.append(lease, bytes);
      this.#pumpSoon();
    },
    // Lines leave in the same turn, so there is room again in the next.
    waitForRoom: () => new Promise((resolve) => setImmediate(resolve)),
    flush: (lease, lines) => {
      const id = this.#nextFlush;
      this.#nextFlush += 1;
      return new Promise((resolve) => {
        this.#flushes.set(id, resolve);
        this.#book.flush({ lease, lines, id });
        this.#pumpSoon();
      });
    },
  };

  /** Lines of one turn travel together. */
  #pumpSoon(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    queueMicrotask(() => {
      this.#isPumping = false;
      this.#book.pump();
    });
  }
}
