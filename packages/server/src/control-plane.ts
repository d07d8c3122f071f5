/**
 * The control plane as one embeddable thing: an engine with HTTP, WebSocket and SSE around it.
 *
 * L1 It answers nothing before the engine has started.
 * L2 `stop` takes no new work, tells instances to reconnect, waits for what was begun, and returns
 *    within 10 s whatever others do; it is idempotent and legal before `listen`.
 * L3 It closes what it opened: the storage is its host's.
 */
import { setMaxListeners } from "node:events";
import type { Server } from "node:http";
import { DEFAULT_PORT } from "@conveyor-ci/contract";
import { DEFAULT_LIMITS } from "@conveyor-ci/core";
import {
  createEngine,
  type Engine,
  type LogStore,
  type Storage,
  systemClock,
} from "@conveyor-ci/engine";
import type { FastifyInstance } from "fastify";
import type { Address, ControlPlaneOptions } from "./control-plane-options.ts";
import { createApp } from "./http/app.ts";
import { injectRequest } from "./http/inject-request.ts";
import { OriginGate } from "./http/origin.ts";
import { assertSafeAddress, DEFAULT_HOST, openListeners, portOf } from "./listeners.ts";
import { createLogger } from "./logger.ts";
import { Metrics } from "./metrics/metrics.ts";
import { createHandlers } from "./routes/handlers.ts";
import type { ServerContext } from "./server-context.ts";
import { Upgrades } from "./upgrades.ts";

const HELLO_WITHIN_MS = 10_000;
/** What commits that were begun have to end in (L2). */
const ENGINE_MS = 6_000;
/** What the last answers have to leave in, before their connections are cut (L2). */
const ANSWER_MS = 1_000;
const IDLE_CHECK_MS = 20;

/** A control plane; see `createControlPlane`. */
export interface ControlPlane {
  readonly engine: Engine;
  /** Starts the engine without listening, for `fetch`; `listen` does so itself. Idempotent. */
  start(): Promise<void>;
  /**
   * Answers a request as if it had come by the loopback address, without a socket. Only while
   * started; the body may be streamed, upgrades are not possible.
   */
  readonly fetch: typeof fetch;
  /** Starts the engine and listens. Rejects with `unsafe_address` or `address_in_use`. */
  listen(): Promise<Address>;
  /** Stops; see L2. */
  stop(): Promise<void>;
}

/**
 * Builds a control plane on a storage. It opens nothing until `listen`, and does not close the
 * storage.
 */
export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const logger = options.logger ?? createLogger(options.logLevel ?? "info");
  const clock = options.clock ?? systemClock;
  const engine = createEngine({
    storage: options.storage,
    logs: options.logs ?? logsOf(options.storage),
    clock,
    ...(options.notifier === undefined ? {} : { notifier: options.notifier }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    onError: (error) => logger.error({ err: error }, "a loop of the engine failed"),
  });
  const stopping = new AbortController();
  // Every open stream listens to it, and there may be thousands.
  setMaxListeners(0, stopping.signal);
  const authenticate = options.authenticate ?? null;
  const context: ServerContext = {
    engine,
    clock,
    gate: new OriginGate({
      allowedHosts: authenticate === null ? (options.allowedHosts ?? []) : null,
      allowedOrigins: options.allowedOrigins ?? [],
    }),
    authenticate,
    logger,
    metrics: new Metrics(),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    helloWithinMs: options.helloWithinMs ?? HELLO_WITHIN_MS,
    stopping: stopping.signal,
  };
  return new RunningControlPlane(options, context, stopping);
}

/** Storages that keep the lines themselves carry their log store along. */
function logsOf(storage: Storage & { readonly logs?: LogStore }): LogStore {
  if (storage.logs !== undefined) return storage.logs;
  throw new Error("createControlPlane needs `logs`: this storage does not bring its own");
}

class RunningControlPlane implements ControlPlane {
  readonly #options: ControlPlaneOptions;
  readonly #context: ServerContext;
  readonly #stopping: AbortController;
  readonly #upgrades: Upgrades;
  #app: FastifyInstance | null = null;
  #started: Promise<FastifyInstance> | null = null;
  #servers: readonly Server[] = [];
  #stopped: Promise<void> | null = null;

  constructor(options: ControlPlaneOptions, context: ServerContext, stopping: AbortController) {
    this.#options = options;
    this.#context = context;
    this.#stopping = stopping;
    this.#upgrades = new Upgrades(context);
  }

  get engine(): Engine {
    return this.#context.engine;
  }

  async start(): Promise<void> {
    await this.#start();
  }

  readonly fetch: typeof fetch = async (input, init) => {
    if (this.#started === null) throw new Error("the control plane has not been started");
    return injectRequest(await this.#started, new Request(input, init));
  };

  /** L1 */
  #start(): Promise<FastifyInstance> {
    const start = async (): Promise<FastifyInstance> => {
      const context = this.#context;
      const handlers = createHandlers(context);
      const app = createApp({ context, handlers, routes: this.#options.routes });
      this.#app = app;
      await app.ready();
      await this.engine.start();
      return app;
    };
    this.#started ??= start();
    return this.#started;
  }

  async listen(): Promise<Address> {
    const {
      host = DEFAULT_HOST,
      port = DEFAULT_PORT,
      authenticate,
      insecure = false,
    } = this.#options;
    assertSafeAddress({ host, insecure, hasAuthentication: authenticate !== undefined });
    const context = this.#context;
    const app = await this.#start();
    try {
      this.#servers = await openListeners(
        { host, port },
        {
          onRequest: (request, response) => app.routing(request, response),
          onUpgrade: (request, socket, head) => this.#upgrades.handle(request, socket, head),
        },
      );
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#upgrades.start();
    const [first] = this.#servers;
    const bound = first === undefined ? port : portOf(first);
    const shown = host.includes(":") ? `[${host}]` : host;
    const url = `http://${shown}:${bound}`;
    context.logger.info({ url }, "listening");
    return { url, port: bound };
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    const closed = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    await within(ENGINE_MS, this.#stopEngine());
    this.#upgrades.stop();
    // What was begun has been decided by now; its answers are on their way out.
    const idle = setInterval(() => this.#closeIdle(), IDLE_CHECK_MS);
    await within(ANSWER_MS, Promise.all(closed));
    clearInterval(idle);
    this.#upgrades.terminate();
    for (const server of this.#servers) server.closeAllConnections();
    await within(ANSWER_MS, Promise.resolve(this.#app?.close()));
    this.#context.logger.info({}, "stopped");
  }

  /** A storage that fails now must not keep the rest from being closed. */
  async #stopEngine(): Promise<void> {
    try {
      await this.engine.stop();
    } catch (error) {
      this.#context.logger.error({ err: error }, "the engine did not stop cleanly");
    }
  }

  #closeIdle(): void {
    for (const server of this.#servers) server.closeIdleConnections();
  }
}

/** Waits for something, but not longer; failures of what is late are its own to tell. */
async function within(limitMs: number, done: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  try {
    await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
