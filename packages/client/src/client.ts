/** The one place that puts the client together. */
import { DEFAULT_SERVER } from "@conveyor-ci/contract/limits";
import { type Changes, createChanges } from "./changes.ts";
import { createDefinitions, type Definitions } from "./definitions.ts";
import { createDrivers, type Drivers } from "./drivers.ts";
import { createLogs, type Logs } from "./logs.ts";
import { createPipelines, type Pipelines } from "./pipelines.ts";
import { createResources, type Resources } from "./resources.ts";
import { createRuns, type Runs } from "./runs.ts";
import { createStatus, type Status } from "./status.ts";
import { createTransport } from "./transport.ts";

/** How to reach the server. */
export interface ClientOptions {
  /** The server's URL; else the environment's `CONVEYOR_SERVER`, else `http://127.0.0.1:8080`. */
  readonly server?: string | undefined;
  /** Instead of the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** Longest time for one request; 30 s unless set. Streams may be silent for a minute. */
  readonly timeoutMs?: number | undefined;
  /** Sent with every request; without `authorization`, the environment's `CONVEYOR_TOKEN` is one. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Ends every call of this client. */
  readonly signal?: AbortSignal | undefined;
}

/** Conveyor's API. */
export interface Client extends Status {
  /** The server's URL, as it was chosen. */
  readonly server: string;
  readonly definitions: Definitions;
  readonly resources: Resources;
  readonly pipelines: Pipelines;
  readonly runs: Runs;
  readonly drivers: Drivers;
  readonly logs: Logs;
  readonly changes: Changes;
}

const TIMEOUT_MS = 30_000;

/**
 * Makes a client. It connects to nothing until it is asked for something.
 *
 * Every call throws an ApiError where the server refuses, an UnreachableError where it does not
 * answer, and the reason of the signal that ended it. What only reads is tried again, three times
 * in all, when the connection fails; what changes something is sent once.
 *
 * @throws {TypeError} when `server` is no http or https URL
 * @example
 * ```ts
 * const client = createClient();
 * const { runid } = await client.resources.create({
 *   resource: "resource-1",
 *   name: "app-1",
 *   spec: {},
 * });
 * if (runid !== null) {
 *   for await (const item of client.logs.follow({ runId: runid })) {
 *     console.log(item.kind === "line" ? item.line.message : item.state);
 *   }
 * }
 * ```
 */
export function createClient(options: ClientOptions = {}): Client {
  const server = parseServer(options.server ?? serverOfEnvironment());
  const transport = createTransport({
    server,
    fetch: options.fetch ?? fetch,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    headers: withToken(options.headers ?? {}),
    signal: options.signal,
  });
  return {
    server,
    definitions: createDefinitions(transport),
    resources: createResources(transport),
    pipelines: createPipelines(transport),
    runs: createRuns(transport),
    drivers: createDrivers(transport),
    logs: createLogs(transport),
    changes: createChanges(transport),
    ...createStatus(transport),
  };
}

function serverOfEnvironment(): string {
  const server = process.env["CONVEYOR_SERVER"];
  return server === undefined || server === "" ? DEFAULT_SERVER : server;
}

/** Who the environment says that this is, where nobody says it otherwise. */
function withToken(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const token = process.env["CONVEYOR_TOKEN"]?.trim();
  const isSaid = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
  if (token === undefined || token === "" || isSaid) return headers;
  return { ...headers, authorization: `Bearer ${token}` };
}

function parseServer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new TypeError(
      `the server's address is ${JSON.stringify(text)}, but must be a URL such as ${DEFAULT_SERVER}`,
    );
  }
  return url.href.replace(/\/+$/, "");
}
