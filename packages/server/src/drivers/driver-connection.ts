/**
 * One connection of a driver instance: the server's side of the driver protocol.
 *
 * C1 Frames reach the engine in the order they arrived, each without waiting for the one before, so
 *    that a commit takes many of them; what is unanswered is bounded, beyond that nothing is read.
 *    Log frames that arrive together and follow each other are handed over as one.
 * C2 Every log and result frame is answered once, when it is durable or refused; acknowledgements
 *    of lines that became durable together are one frame.
 * C3 Whatever an instance sends, the server goes on: it answers with an error frame and closes.
 * C4 The engine is told once that the connection is gone, however it ended.
 */
import type { Writable } from "node:stream";
import {
  CLOSE,
  type HelloFrame,
  MAX_FRAME_BYTES,
  MAX_RESULT_BYTES,
  type ResultFrame,
} from "@conveyor-ci/contract";
import { ConveyorError, type JsonValue, type LogLine } from "@conveyor-ci/core";
import type { Connection } from "@conveyor-ci/engine";
import type { RawData, WebSocket } from "ws";
import type { ServerContext } from "../server-context.ts";
import { TurnCork } from "../streams/turn-cork.ts";
import { DriverSocket } from "./driver-socket.ts";
import { agreeOnProtocol, readHello, welcomeOf } from "./hello.ts";
import { type ParsedFrame, parseFrame } from "./parse-frame.ts";
import { createSocketLink } from "./socket-link.ts";

/** Unanswered frames at which reading pauses, and at which it goes on. */
const PAUSE_AT_FRAMES = 2_048;
const RESUME_AT_FRAMES = 1_024;
/** The same in bytes: what one turn of the event loop takes apart, commits and tells followers. */
const PAUSE_AT_BYTES = 1024 ** 2;
const RESUME_AT_BYTES = 512 * 1024;

/** Codes that say that the lease is gone, or that something is to be sent again. */
const LEASE_REFUSALS: ReadonlySet<string> = new Set([
  "lines_missing",
  "invalid_request",
  "run_finished",
]);

type LogBatch = Extract<ParsedFrame, { readonly type: "log" }>;

interface Gathered {
  readonly lease: number;
  readonly first: number;
  readonly lines: LogLine[];
  frames: number;
  sizeBytes: number;
}

/** What a connection needs of its server. */
export type DriverConnectionContext = Pick<
  ServerContext,
  "engine" | "clock" | "limits" | "logger" | "helloWithinMs"
>;

export class DriverConnection {
  readonly #context: DriverConnectionContext;
  readonly #socket: DriverSocket;
  readonly #callOffHello: () => void;
  #phase: "new" | "greeting" | "open" | "closed" = "new";
  #connection: Connection | null = null;
  /** Lines that became durable since the last acknowledgement, by lease. */
  #logged = new Map<number, number>();
  /** Durable lines of the leases at hand, for those that have to be sent again. */
  readonly #durable = new Map<number, number>();
  /** Log frames of this turn of the event loop that follow each other. */
  #gathered: Gathered | null = null;
  #unansweredFrames = 0;
  #unansweredBytes = 0;
  #isPaused = false;

  constructor(
    context: DriverConnectionContext,
    { ws, stream }: { readonly ws: WebSocket; readonly stream: Writable },
  ) {
    this.#context = context;
    this.#socket = new DriverSocket(ws, { cork: new TurnCork(stream), clock: context.clock });
    const { helloWithinMs } = context;
    const late = (): void => this.#fail(helloMissing(helloWithinMs));
    this.#callOffHello = context.clock.after(helloWithinMs, late);
    ws.on("message", (data, isBinary) => this.#received(data, isBinary));
    ws.on("pong", () => this.#heard());
    ws.on("error", (error) => this.#broken(error));
    ws.on("close", () => this.#closed(false));
  }

  /** Asks for a sign of life, which renews the session when it comes. */
  ping(): void {
    this.#socket.ping();
  }

  close(): void {
    this.#socket.close(CLOSE.goingAway, "the server stops");
  }

  terminate(): void {
    this.#socket.ws.terminate();
  }

  #heard(): void {
    this.#socket.heard();
    this.#connection?.heard();
  }

  #received(data: RawData, isBinary: boolean): void {
    if (this.#phase === "closed") return;
    this.#heard();
    try {
      const bytes = data as Buffer;
      if (isBinary) throw invalid("frames are JSON text, not binary");
      if (bytes.length > MAX_FRAME_BYTES) throw frameTooLarge(bytes.length);
      this.#dispatch(parseFrame(bytes.toString()), bytes.length);
    } catch (error) {
      this.#fail(error);
    }
  }

  #dispatch(frame: ParsedFrame, sizeBytes: number): void {
    if (frame.type === "hello") {
      if (this.#phase !== "new") throw invalid("hello was said before");
      this.#phase = "greeting";
      this.#callOffHello();
      void this.#greet(frame).catch((error: unknown) => this.#fail(error));
      return;
    }
    const connection = this.#connection;
    if (connection === null) throw invalid("the first frame must be hello, and its answer awaited");
    switch (frame.type) {
      case "log":
        this.#gather(frame, sizeBytes);
        break;
      case "result": {
        this.#append();
        const { lease } = frame;
        const done = connection.result(lease, reportOf(frame, sizeBytes));
        const accepted = (): void => this.#recorded(lease);
        this.#answer({ lease, frames: 1, sizeBytes, done, accepted });
        break;
      }
      case "progress":
        for (const lease of connection.progress(frame.leases, frame.lagMs)) this.#lost(lease);
        break;
      case "draining":
        this.#watch(connection.draining());
        break;
      case "goodbye":
        this.#append();
        this.#closed(true);
        this.#socket.close();
        break;
    }
  }

  async #greet(frame: HelloFrame): Promise<void> {
    const { engine, limits, logger } = this.#context;
    const protocol = agreeOnProtocol(frame);
    const connection = await engine.connect(readHello(frame), createSocketLink(this.#socket));
    if (this.#phase === "closed") {
      await connection.closed(false);
      return;
    }
    this.#phase = "open";
    this.#connection = connection;
    for (const lease of connection.leases) {
      if ("received" in lease) this.#durable.set(lease.token, lease.received);
    }
    this.#socket.send(welcomeOf({ protocol, leases: connection.leases, limits }));
    connection.ready();
    logger.debug({ driver: frame.driver, instance: frame.instance }, "instance connected");
  }

  /** Joins lines that arrive in one turn of the event loop: one append, one chunk, one answer. */
  #gather(frame: LogBatch, sizeBytes: number): void {
    let gathered = this.#gathered;
    const next = gathered === null ? -1 : gathered.first + gathered.lines.length;
    if (gathered === null || gathered.lease !== frame.lease || next !== frame.first) {
      this.#append();
      gathered = { lease: frame.lease, first: frame.first, lines: [], frames: 0, sizeBytes: 0 };
      this.#gathered = gathered;
      queueMicrotask(() => {
        if (this.#gathered === gathered) this.#append();
      });
    }
    for (const line of frame.lines) gathered.lines.push(line);
    gathered.frames += 1;
    gathered.sizeBytes += sizeBytes;
    if (gathered.sizeBytes > MAX_FRAME_BYTES) this.#append();
  }

  /** Hands what was gathered to the engine, before anything that came after it (C1). */
  #append(): void {
    const gathered = this.#gathered;
    if (gathered === null || this.#connection === null) return;
    this.#gathered = null;
    const { lease, first, lines, frames, sizeBytes } = gathered;
    const done = this.#connection.append(lease, { first, lines });
    const accepted = (received: number): void => this.#acknowledge(lease, received);
    this.#answer({ lease, frames, sizeBytes, done, accepted });
  }

  /** Counts unanswered frames and answers them when the engine does (C1, C2). */
  #answer<T>(of: {
    readonly lease: number;
    readonly frames: number;
    readonly sizeBytes: number;
    readonly done: Promise<T>;
    readonly accepted: (value: T) => void;
  }): void {
    this.#unansweredFrames += of.frames;
    this.#unansweredBytes += of.sizeBytes;
    this.#regulate();
    of.done.then(
      (value) => {
        this.#answered(of);
        of.accepted(value);
      },
      (error: unknown) => {
        this.#answered(of);
        this.#refused(of.lease, error);
      },
    );
  }

  #answered(of: { readonly frames: number; readonly sizeBytes: number }): void {
    this.#unansweredFrames -= of.frames;
    this.#unansweredBytes -= of.sizeBytes;
    this.#regulate();
  }

  #regulate(): void {
    const { ws } = this.#socket;
    if (this.#isPaused) {
      if (this.#unansweredFrames > RESUME_AT_FRAMES) return;
      if (this.#unansweredBytes > RESUME_AT_BYTES) return;
      this.#isPaused = false;
      ws.resume();
    } else if (
      this.#unansweredFrames >= PAUSE_AT_FRAMES ||
      this.#unansweredBytes >= PAUSE_AT_BYTES
    ) {
      this.#isPaused = true;
      ws.pause();
    }
  }

  /** Gathers what one commit made durable: its answers come in one burst of microtasks. */
  #acknowledge(lease: number, received: number): void {
    if (this.#logged.size === 0) queueMicrotask(() => this.#flush());
    this.#logged.set(lease, Math.max(received, this.#logged.get(lease) ?? 0));
    this.#durable.set(lease, received);
  }

  #flush(): void {
    const logged = this.#logged;
    this.#logged = new Map();
    for (const [lease, received] of logged) this.#socket.send({ type: "logged", lease, received });
  }

  #recorded(lease: number): void {
    // Its lines are durable before it, and so are they acknowledged.
    this.#flush();
    this.#durable.delete(lease);
    this.#socket.send({ type: "recorded", lease });
  }

  #lost(lease: number): void {
    const message = `lease ${lease} is not held by this instance`;
    this.#socket.send({ type: "lost", lease, code: "lease_lost", message });
  }

  #refused(lease: number, error: unknown): void {
    if (error instanceof ConveyorError) {
      const { code, message } = error;
      if (code === "lease_lost") {
        this.#durable.delete(lease);
        this.#socket.send({ type: "lost", lease, code, message });
        return;
      }
      if (LEASE_REFUSALS.has(code)) {
        const received = this.#durable.get(lease) ?? 0;
        this.#socket.send({ type: "refused", lease, code, message, received });
        return;
      }
    }
    // Not answered: the instance sends it again after it has reconnected (D2).
    this.#fail(error);
  }

  #broken(error: Error & { readonly code?: string }): void {
    const isTooLong = error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    const facts = { driver: this.#connection?.session.driver, err: error };
    this.#context.logger.debug(facts, isTooLong ? "frame too large" : "connection broke");
  }

  #fail(error: unknown): void {
    if (this.#phase === "closed") return;
    if (!(error instanceof ConveyorError)) {
      this.#context.logger.error({ err: error }, "a driver connection met a bug");
      this.#socket.fail({ code: "internal_error", message: "the server met a bug" }, 1011);
    } else {
      this.#socket.fail(error, closeCodeOf(error));
    }
    this.#closed(false);
  }

  #closed(goodbye: boolean): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#callOffHello();
    if (this.#connection !== null) this.#watch(this.#connection.closed(goodbye));
  }

  /** A failure to write down that an instance drains or went: time tells it too. */
  #watch(done: Promise<void>): void {
    done.catch((error: unknown) => {
      this.#context.logger.warn({ err: error }, "the state of an instance could not be noted");
    });
  }
}

function invalid(message: string): ConveyorError {
  return new ConveyorError({ code: "invalid_frame", message });
}

function helloMissing(withinMs: number): ConveyorError {
  return invalid(`no hello came within ${withinMs / 1_000} s`);
}

function frameTooLarge(sizeBytes: number): ConveyorError {
  const message = `the frame has ${sizeBytes} bytes, at most ${MAX_FRAME_BYTES} are allowed`;
  return new ConveyorError({ code: "frame_too_large", message });
}

function closeCodeOf(error: ConveyorError): number {
  switch (error.code) {
    case "frame_too_large":
      return 1009;
    case "instance_in_use":
      return CLOSE.instanceInUse;
    case "shutting_down":
      return CLOSE.goingAway;
    case "storage_unavailable":
    case "storage_full":
    case "overloaded":
      return 1013;
    default:
      return CLOSE.protocolError;
  }
}

/** A result above the limit fails the step run, whoever forgot to look. */
function reportOf(frame: ResultFrame, sizeBytes: number): Parameters<Connection["result"]>[1] {
  const { lines, success, message, code } = frame;
  const data = (frame.data ?? null) as JsonValue;
  if (sizeBytes > MAX_RESULT_BYTES) {
    const size = Buffer.byteLength(JSON.stringify({ success, message, data }));
    if (size > MAX_RESULT_BYTES) {
      const text = `the result has ${size} bytes, at most ${MAX_RESULT_BYTES} are allowed`;
      return { lines, success: false, message: text, data: null, code: "result_too_large" };
    }
  }
  return { lines, success, message, data, code: code ?? null };
}
