/**
 * The server's side of the driver protocol, without a control plane behind it: it counts lines and
 * results as the server does, and does what a test tells it.
 */
import type { AddressInfo } from "node:net";
import {
  type HelloFrame,
  type InstanceFrame,
  type LogFrame,
  MAX_FRAME_BYTES,
  MAX_LABELS,
  MAX_LABELS_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_RESULT_BYTES,
  type ProgressFrame,
  type ResultFrame,
} from "@conveyor-ci/contract";
import { type WebSocket, WebSocketServer } from "ws";

type Line = LogFrame["lines"][number];
type Frame = { readonly type: string } & Readonly<Record<string, unknown>>;

/** What the server knows of a lease. */
export interface LeaseRecord {
  readonly lines: Line[];
  result?: ResultFrame;
  /** Set by a test: what the server says when the lease is named. */
  isLost?: boolean;
  cancelling?: string;
}

export interface ProtocolServer {
  readonly url: string;
  readonly port: number;
  readonly hellos: HelloFrame[];
  readonly frames: Frame[];
  readonly progress: ProgressFrame[];
  /** While it is false, lines and results are neither stored nor answered. */
  answers: boolean;
  progressMs: number;
  lease(lease: number): LeaseRecord;
  messages(lease: number): string[];
  /** Sends to the newest connection. */
  send(frame: Frame): void;
  assign(lease: number, more?: Readonly<Record<string, unknown>>): void;
  /** Cuts every connection without a word. */
  cut(): void;
  close(): Promise<void>;
}

/** Refuses every `hello` with this error, when a test gives one. */
export interface ServerOptions {
  readonly port?: number;
  readonly helloError?: { readonly code: string; readonly message: string };
}

export async function startProtocolServer(options: ServerOptions = {}): Promise<ProtocolServer> {
  const sockets = new WebSocketServer({ host: "127.0.0.1", port: options.port ?? 0 });
  await new Promise((resolve) => sockets.once("listening", resolve));
  const { port } = sockets.address() as AddressInfo;
  const leases = new Map<number, LeaseRecord>();
  let newest: WebSocket | undefined;

  const server: ProtocolServer = {
    url: `http://127.0.0.1:${port}`,
    port,
    hellos: [],
    frames: [],
    progress: [],
    answers: true,
    progressMs: 100,
    lease(lease) {
      const known = leases.get(lease) ?? { lines: [] };
      leases.set(lease, known);
      return known;
    },
    messages: (lease) => server.lease(lease).lines.map(({ message }) => message),
    send: (frame) => newest?.send(JSON.stringify(frame)),
    assign: (lease, more) => server.send({ ...assignment(lease), ...more }),
    cut() {
      for (const socket of sockets.clients) socket.terminate();
    },
    async close() {
      server.cut();
      await new Promise((resolve) => sockets.close(resolve));
    },
  };

  function hello(socket: WebSocket, frame: HelloFrame): void {
    server.hellos.push(frame);
    if (options.helloError !== undefined) {
      socket.send(JSON.stringify({ type: "error", ...options.helloError }));
      socket.close(4409);
      return;
    }
    newest = socket;
    const named = (frame.leases ?? []).map(({ lease }) => ({
      lease,
      ...stateOf(server.lease(lease)),
    }));
    socket.send(JSON.stringify(welcome(named, server.progressMs)));
  }

  sockets.on("connection", (socket) => {
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString("utf8")) as InstanceFrame;
      server.frames.push(frame);
      if (frame.type === "hello") hello(socket, frame);
      else if (frame.type === "progress") server.progress.push(frame);
      else if (frame.type === "log" || frame.type === "result") {
        const record = server.lease(frame.lease);
        if (server.answers) socket.send(JSON.stringify(answerTo(record, frame)));
      }
    });
  });
  return server;
}

/** Counts once what comes twice, and refuses gaps. */
function answerTo(record: LeaseRecord, frame: LogFrame | ResultFrame): Frame {
  const { lease } = frame;
  const received = record.lines.length;
  const first = frame.type === "log" ? frame.first : frame.lines;
  if (record.isLost) return { type: "lost", lease, code: "lease_lost", message: "replaced" };
  if (first > received) {
    const message = `${first} came before ${received}`;
    return { type: "refused", lease, code: "lines_missing", message, received };
  }
  if (frame.type === "result") {
    record.result ??= frame;
    return { type: "recorded", lease };
  }
  record.lines.push(...frame.lines.slice(received - first));
  return { type: "logged", lease, received: record.lines.length };
}

function assignment(lease: number): Frame {
  return {
    type: "assign",
    lease,
    runid: `run-${lease}`,
    step: "builder",
    attempt: 1,
    event: "create",
    pipeline: null,
    resource: { id: "1", name: "web", resource: "app", metadata: { version: "1" }, spec: { n: 1 } },
    results: {},
  };
}

function stateOf(record: LeaseRecord): Readonly<Record<string, unknown>> {
  if (record.isLost) return { state: "lost" };
  if (record.result !== undefined) return { state: "recorded" };
  const received = record.lines.length;
  const { cancelling } = record;
  if (cancelling !== undefined) return { state: "cancelling", reason: cancelling, received };
  return { state: "held", received };
}

function welcome(leases: readonly unknown[], progressMs: number): Frame {
  return {
    type: "welcome",
    protocol: 1,
    features: [],
    limits: {
      frameBytes: MAX_FRAME_BYTES,
      resultBytes: MAX_RESULT_BYTES,
      messageBytes: MAX_MESSAGE_BYTES,
      labels: MAX_LABELS,
      labelsBytes: MAX_LABELS_BYTES,
    },
    times: { progressMs, silenceMs: 20_000, disconnectGraceMs: 10_000, cancelGraceMs: 10_000 },
    leases,
  };
}
