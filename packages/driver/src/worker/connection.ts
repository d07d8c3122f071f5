/**
 * Keeps one connection to the server, for as long as it takes.
 *
 * N1 At most one socket exists; what an older one still says is ignored.
 * N2 A connection counts from its `welcome` on; only then frames are sent.
 * N3 A socket that is silent for `SILENCE_MS` is ended, whatever TCP believes, and whatever becomes
 *    of the wall clock.
 * N4 The wait before the next try follows `reconnectDelayMs`; only a connection that held for
 *    `STEADY_MS` makes the next try the first one again.
 */
import type { Socket } from "node:net";
import type { ServerFrame, WelcomeFrame } from "@conveyor-ci/contract";
import WebSocket from "ws";
import { reconnectDelayMs } from "./reconnect-policy.ts";
import { parseServerFrame } from "./server-frame.ts";

const PING_MS = 3_000;
const SILENCE_MS = 15_000;
const STEADY_MS = 5_000;
/** What a closing handshake may take before the socket is dropped. */
const CLOSE_MS = 1_000;
/** An `assign` carries a resource (4 MiB at most) and results of earlier steps (256 KiB each). */
const MAX_PAYLOAD_BYTES = 64 * 1024 ** 2;

export interface ConnectionOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Text of the first frame of a new connection. */
  hello(): string;
  holdsLeases(): boolean;
  welcomed(frame: WelcomeFrame): void;
  /** Every frame but `welcome`. */
  received(frame: ServerFrame, text: string): void;
  /** A connection or a try to make one is over; `why` is for people. */
  closed(why: string): void;
}

type State =
  | { readonly kind: "idle" }
  | { readonly kind: "waiting"; readonly timer: NodeJS.Timeout }
  | { readonly kind: "greeting"; readonly socket: WebSocket }
  | { readonly kind: "open"; readonly socket: WebSocket; readonly since: number }
  | { readonly kind: "stopped" };

export class Connection {
  readonly #options: ConnectionOptions;
  #state: State = { kind: "idle" };
  /** What lies below the socket of the connection. */
  #stream: Socket | undefined;
  #isCorked = false;
  #attempt = 0;
  #lastHeard = 0;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#state.kind !== "idle") return;
    this.#watch = setInterval(() => this.#checkSilence(), PING_MS);
    this.#connect();
  }

  get isOpen(): boolean {
    return this.#state.kind === "open";
  }

  /** N2: dropped when there is no connection; what matters is sent again on the next. */
  send(frame: string | Buffer): void {
    if (this.#state.kind !== "open") return;
    this.#cork();
    this.#state.socket.send(frame, { binary: false });
  }

  /** What is sent in one turn of the event loop leaves in one system call. */
  #cork(): void {
    const stream = this.#stream;
    if (stream === undefined || this.#isCorked) return;
    this.#isCorked = true;
    stream.cork();
    setImmediate(() => {
      this.#isCorked = false;
      stream.uncork();
    });
  }

  /** Leaves this connection for another, after a short while. */
  reconnect(why: string): void {
    const socket = this.#socket();
    if (socket === undefined) return;
    socket.close(1000);
    setTimeout(() => socket.terminate(), CLOSE_MS).unref();
    this.#lost(socket, why);
  }

  /** Ends the connection for good; resolves when it is closed. */
  async stop(): Promise<void> {
    const socket = this.#socket();
    if (this.#state.kind === "waiting") clearTimeout(this.#state.timer);
    clearInterval(this.#watch);
    this.#state = { kind: "stopped" };
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.terminate(), CLOSE_MS);
      socket.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      socket.close(1000);
    });
  }

  #socket(): WebSocket | undefined {
    return this.#state.kind === "greeting" || this.#state.kind === "open"
      ? this.#state.socket
      : undefined;
  }

  #connect(): void {
    const socket = new WebSocket(this.#options.url, {
      handshakeTimeout: SILENCE_MS,
      headers: this.#options.headers,
      maxPayload: MAX_PAYLOAD_BYTES,
      perMessageDeflate: false,
    });
    this.#state = { kind: "greeting", socket };
    this.#lastHeard = performance.now();
    let failure = "the connection was closed";
    const heard = () => void (this.#lastHeard = performance.now());
    socket.on("upgrade", ({ socket: stream }) => {
      if (this.#socket() === socket) this.#stream = stream; // N1
    });
    socket.on("open", () => socket.send(this.#options.hello()));
    socket.on("message", (data: Buffer) => {
      heard();
      if (this.#socket() === socket) this.#read(socket, data.toString("utf8")); // N1
    });
    socket.on("ping", heard);
    socket.on("pong", heard);
    socket.on("error", (error) => void (failure = describe(error)));
    socket.on("close", (code) => {
      const why = code === 1006 ? failure : `the server closed the connection (${code})`;
      this.#lost(socket, why);
    });
  }

  #read(socket: WebSocket, text: string): void {
    let frame: ServerFrame;
    try {
      frame = parseServerFrame(text);
    } catch (error) {
      this.reconnect(`what answers there is not Conveyor: ${describe(error)}`);
      return;
    }
    if (frame.type === "welcome") {
      this.#state = { kind: "open", socket, since: performance.now() };
      this.#options.welcomed(frame);
    } else {
      this.#options.received(frame, text);
    }
  }

  /** N4 */
  #lost(socket: WebSocket, why: string): void {
    if (this.#socket() !== socket) return; // N1
    const isSteady =
      this.#state.kind === "open" && performance.now() - this.#state.since >= STEADY_MS;
    const wasAsked = socket.readyState === WebSocket.CLOSING;
    if (isSteady) this.#attempt = 0;
    if (wasAsked) this.#attempt = Math.max(1, this.#attempt);
    const policy = { attempt: this.#attempt, holdsLeases: this.#options.holdsLeases() };
    this.#attempt += 1;
    const delayMs = reconnectDelayMs(policy, Math.random());
    this.#state = { kind: "waiting", timer: setTimeout(() => this.#connect(), delayMs) };
    this.#options.closed(why);
  }

  /** N3 */
  #checkSilence(): void {
    const socket = this.#socket();
    if (socket === undefined) return;
    if (performance.now() - this.#lastHeard >= SILENCE_MS) socket.terminate();
    else if (socket.readyState === WebSocket.OPEN) socket.ping();
  }
}

function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
