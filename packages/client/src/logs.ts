/** `/logs` and its streams. */
import type { LogBody, WireLogEnd, WireLogLine, WireRun } from "@conveyor-ci/contract";
import type { LogLevel, RunState } from "@conveyor-ci/core";
import { fetchJson } from "./answers.ts";
import { UnreachableError } from "./errors.ts";
import { type FollowOptions, followEvents } from "./events.ts";
import { readLines } from "./ndjson.ts";
import { type CallOptions, failureOf, pathOf, type Transport } from "./transport.ts";

/** Which lines; all that are given must hold. */
export interface LogFilter {
  readonly runId?: string | undefined;
  readonly driver?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly step?: string | undefined;
  readonly level?: LogLevel | undefined;
  /** Labels and their values. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** RFC 3339. */
  readonly since?: string | undefined;
  /** RFC 3339. */
  readonly until?: string | undefined;
  /** Lines with a greater `seq`. */
  readonly after?: number | undefined;
  /** At most so many lines. */
  readonly limit?: number | undefined;
  /** A text that the message contains. */
  readonly q?: string | undefined;
}

export interface LogFollowOptions extends FollowOptions {
  readonly runId: string;
  /** Only the lines of this driver. */
  readonly driver?: string | undefined;
  /** Begins after this line, else at the first. */
  readonly after?: number | undefined;
}

/** A line as it arrives, and after the last one the end. */
export type LogItem =
  | { readonly kind: "line"; readonly line: WireLogLine }
  | { readonly kind: "end"; readonly runId: string; readonly state: RunState };

/** Log lines of runs. */
export interface Logs {
  /** Stores a line of a run that has not ended; resolves once it is durable. */
  write(body: LogBody, options?: CallOptions): Promise<void>;
  /** The lines there are, read from the server as they are used. */
  query(filter: LogFilter, options?: CallOptions): AsyncIterable<WireLogLine>;
  /**
   * Every line of a run, each once and in order, from disk to live. A broken connection is made
   * again where it broke. The last item is the end of the run.
   */
  follow(options: LogFollowOptions): AsyncGenerator<LogItem, void, undefined>;
}

export function createLogs(transport: Transport): Logs {
  return {
    async write(body, options) {
      await transport.send({ method: "POST", path: "/logs", body, ...options });
    },
    query: (filter, options = {}) => queryLines(transport, filter, options),
    follow: (options) => followLines(transport, options),
  };
}

async function* queryLines(
  transport: Transport,
  { runId, labels, ...filter }: LogFilter,
  options: CallOptions,
): AsyncGenerator<WireLogLine, void, undefined> {
  const byLabel: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels ?? {})) byLabel[`label.${name}`] = value;
  const { response, deadline } = await transport.open({
    method: "GET",
    path: "/logs",
    query: { ...filter, runid: runId, ...byLabel },
    headers: { accept: "application/x-ndjson" },
    ...options,
  });
  try {
    if (response.body === null) return;
    for await (const text of readLines(response.body)) {
      deadline.restart();
      yield JSON.parse(text) as WireLogLine;
    }
  } catch (error) {
    throw failureOf(transport.server, deadline.signal, error);
  } finally {
    deadline.clear();
  }
}

async function* followLines(
  transport: Transport,
  { runId, driver, after, ...options }: LogFollowOptions,
): AsyncGenerator<LogItem, void, undefined> {
  const path =
    driver === undefined
      ? pathOf("logs", "pipeline", runId)
      : pathOf("logs", "streams", driver, runId);
  let seen = after ?? 0;
  const lastId = after === undefined ? undefined : String(after);
  for await (const event of followEvents(transport, { path, query: {}, lastId }, options)) {
    if (event.event === "end") {
      const end = parseData<Omit<WireLogEnd, "event">>(transport, event.data);
      yield { kind: "end", runId: end.runid, state: end.state };
      return;
    }
    if (event.event !== undefined && event.event !== "message") continue;
    const line = parseData<WireLogLine>(transport, event.data);
    if (line.seq <= seen) continue;
    seen = line.seq;
    yield { kind: "line", line };
  }
  // 204: the run has ended and there is no line after the last one seen.
  const path204 = pathOf("runs", runId);
  const { signal } = options;
  const run = await fetchJson<WireRun>(transport, { method: "GET", path: path204, signal });
  yield { kind: "end", runId, state: run.state };
}

function parseData<T>(transport: Transport, data: string): T {
  try {
    return JSON.parse(data) as T;
  } catch (cause) {
    throw new UnreachableError({
      url: transport.server,
      reason: "the stream is not one of log lines",
      cause,
    });
  }
}
