/**
 * WebSocket upgrades: the same gates as requests, then the route; refused with a problem document
 * before anything is upgraded.
 */
import { IncomingMessage, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { CONNECT_PATH, MAX_FRAME_BYTES } from "@conveyor-ci/contract";
import { ConveyorError, quoted } from "@conveyor-ci/core";
import { type WebSocket, WebSocketServer } from "ws";
import { DriverConnection } from "./drivers/driver-connection.ts";
import { identify } from "./http/caller.ts";
import { PROBLEM_MEDIA_TYPE, refusalOf, viewProblem } from "./http/problem.ts";
import { checkName } from "./routes/path-name.ts";
import type { ServerContext } from "./server-context.ts";
import { type FollowTarget, followByFrames, readAfter } from "./streams/follow-logs.ts";

/** How often connections of drivers are asked for a sign of life. */
const PING_MS = 5_000;
/** Beyond the limit of the protocol, so that longer frames are still told why. */
const MAX_PAYLOAD_BYTES = 8 * MAX_FRAME_BYTES;

/** Other upgrades than to WebSocket, such as `h2c`, are ordinary requests and are answered so. */
export class UpgradeAwareMessage extends IncomingMessage {
  // Node writes it while it parses, before the headers are there.
  #wantsUpgrade = false;

  constructor(socket: Socket) {
    super(socket);
    Object.defineProperty(this, "upgrade", {
      get: () => this.#wantsUpgrade && this.headers.upgrade?.toLowerCase() === "websocket",
      set: (value: unknown) => {
        this.#wantsUpgrade = value === true;
      },
    });
  }
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
}

export class Upgrades {
  readonly #context: ServerContext;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD_BYTES,
  });
  readonly #drivers = new Set<DriverConnection>();
  readonly #sockets = new Set<WebSocket>();
  #pinger: NodeJS.Timeout | undefined;
  #refusals = 0;

  constructor(context: ServerContext) {
    this.#context = context;
    this.#server.on("wsClientError", (cause, socket, request) => {
      const message = `the WebSocket cannot be opened: ${cause.message}`;
      const issues = [{ path: "/headers", rule: "websocket", message: cause.message }];
      const error = new ConveyorError({ code: "invalid_request", message, issues }, { cause });
      this.#refuse({ request, socket: socket as Socket, head: Buffer.alloc(0) }, error);
    });
  }

  start(): void {
    this.#pinger = setInterval(() => {
      for (const driver of this.#drivers) driver.ping();
    }, PING_MS);
  }

  /** Takes an upgrade of one of the listeners. */
  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const upgrade = { request, socket: socket as Socket, head };
    const ignore = (): void => {};
    socket.on("error", ignore);
    this.#route(upgrade).catch((error: unknown) => this.#refuse(upgrade, error));
  }

  /** Tells every connection that the server goes away; idempotent. */
  stop(): void {
    clearInterval(this.#pinger);
    for (const driver of this.#drivers) driver.close();
    for (const ws of this.#sockets) ws.close(1001, "the server stops");
  }

  /** Ends what did not answer. */
  terminate(): void {
    for (const ws of this.#sockets) ws.terminate();
  }

  async #route(upgrade: Upgrade): Promise<void> {
    const { gate, authenticate, stopping } = this.#context;
    const { request } = upgrade;
    if (stopping.aborted) {
      throw new ConveyorError({ code: "shutting_down", message: "the server is stopping" });
    }
    gate.assertHost(request);
    gate.assertOrigin(request);
    if (authenticate !== null) await identify(authenticate, request);
    const [rawPath = "/", query] = (request.url ?? "/").split(/[?#]/, 2);
    const path = rawPath.replace(/(.)\/$/, "$1");
    if (path === CONNECT_PATH) {
      this.#accept(upgrade, (ws) => this.#connectDriver(ws, upgrade.socket));
      return;
    }
    const target = targetOf(path);
    if (target === undefined) {
      throw new ConveyorError({
        code: "not_found",
        message: `there is no WebSocket at ${quoted(path)}`,
        hint: "drivers connect to /drivers/connect; readers to /logs/pipeline/RUN or /logs/streams/DRIVER/RUN",
      });
    }
    await this.#follow(upgrade, target, readAfter(Object.fromEntries(new URLSearchParams(query))));
  }

  #accept({ request, socket, head }: Upgrade, use: (ws: WebSocket) => void): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 30_000);
      this.#sockets.add(ws);
      ws.on("close", () => this.#sockets.delete(ws));
      use(ws);
    });
  }

  #connectDriver(ws: WebSocket, stream: Socket): void {
    const { metrics } = this.#context;
    const driver = new DriverConnection(this.#context, { ws, stream });
    this.#drivers.add(driver);
    metrics.drivers += 1;
    ws.on("close", () => {
      this.#drivers.delete(driver);
      metrics.drivers -= 1;
    });
  }

  async #follow(upgrade: Upgrade, target: FollowTarget, after: number): Promise<void> {
    const { engine, metrics } = this.#context;
    const gone = new AbortController();
    const events = await engine.followLogs({ ...target, after }, gone.signal);
    this.#accept(upgrade, (ws) => {
      metrics.readers += 1;
      ws.on("error", () => ws.terminate());
      ws.on("close", () => {
        metrics.readers -= 1;
        gone.abort();
      });
      void followByFrames(this.#context, events, { ws, socket: upgrade.socket, gone });
    });
  }

  #refuse({ request, socket }: Upgrade, error: unknown): void {
    this.#refusals += 1;
    const refusal = refusalOf(error);
    const problem = viewProblem(refusal, `upgrade-${this.#refusals}`);
    if (problem.code === "internal_error") {
      this.#context.logger.error({ err: error }, "an upgrade met a bug");
    }
    const body = JSON.stringify(problem);
    socket.end(
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}\r\n` +
        `content-type: ${PROBLEM_MEDIA_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
        `connection: close\r\n\r\n${request.method === "HEAD" ? "" : body}`,
    );
  }
}

/** Whose lines a path asks for; undefined: it is no path of log streams. */
function targetOf(path: string): FollowTarget | undefined {
  const [, logs, kind, first = "", second, ...more] = path.split("/").map(decode);
  if (logs !== "logs" || more.length > 0) return undefined;
  if (kind === "streams" && second !== undefined) {
    return { run: checkName(second, "run"), driver: first };
  }
  if (kind === "pipeline" && second === undefined && first !== "") {
    return { run: checkName(first, "run"), driver: null };
  }
  return undefined;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
