/**
 * Requests to one server.
 *
 * T1 Only GET is tried again, and only after a connection failure or a 503 with `Retry-After`: a
 *    request that may have been carried out is never sent twice.
 * T2 Tries and waits are bounded, and end with the caller's signal.
 * T3 What is thrown is an ApiError, an UnreachableError, or the reason of the caller's signal.
 */
import { backoffMs, pause } from "./backoff.ts";
import { createDeadline, type Deadline, TimeLimitError } from "./deadline.ts";
import { ApiError, apiErrorFrom, UnreachableError } from "./errors.ts";

const TRIES = 3;
const BACKOFF = { firstMs: 100, maxMs: 1_000 };
const MAX_RETRY_AFTER_MS = 5_000;

/** Values of a query string; those that are undefined are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** What every call takes. */
export interface CallOptions {
  /** Ends the call; what is thrown then is the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** For this call, instead of the client's. */
  readonly timeoutMs?: number | undefined;
}

export interface Call extends CallOptions {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface TransportOptions {
  readonly server: string;
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

/** An answer whose body is read as it arrives; `deadline` must be cleared by its reader. */
export interface OpenAnswer {
  readonly response: Response;
  readonly deadline: Deadline;
}

export interface Transport {
  readonly server: string;
  /** The client's own signal, which ends everything it does. */
  readonly signal: AbortSignal | undefined;
  /** Sends a request and reads the whole answer. */
  send(call: Call): Promise<Answer>;
  /** Sends a request and leaves the body of a 2xx answer to be read by the caller. */
  open(call: Call): Promise<OpenAnswer>;
}

export function createTransport(options: TransportOptions): Transport {
  const { server, signal } = options;
  return {
    server,
    signal,
    send: (call) => withRetries({ signal, ...call }, () => sendOnce(options, call)),
    open: (call) => withRetries({ signal, ...call }, () => openOnce(options, call)),
  };
}

/** Joins segments to a path, encoding each. */
export function pathOf(...segments: readonly (string | number)[]): string {
  return `/${segments.map((segment) => encodeURIComponent(segment)).join("/")}`;
}

async function withRetries<T>(call: Call, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const waitMs = call.method === "GET" && tries < TRIES ? retryWaitMs(error, tries) : undefined;
      if (waitMs === undefined) throw error;
      await pause(waitMs, call.signal);
    }
  }
}

function retryWaitMs(error: unknown, tries: number): number | undefined {
  if (error instanceof UnreachableError) {
    return error.timedOut ? undefined : backoffMs(BACKOFF, tries);
  }
  if (error instanceof ApiError && error.status === 503 && error.retryAfterMs !== undefined) {
    const spreadMs = backoffMs(BACKOFF, tries);
    return error.retryAfterMs > MAX_RETRY_AFTER_MS ? undefined : error.retryAfterMs + spreadMs;
  }
  return undefined;
}

async function sendOnce(options: TransportOptions, call: Call): Promise<Answer> {
  const { response, deadline } = await openOnce(options, call);
  try {
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    };
  } catch (error) {
    throw failureOf(urlOf(options.server, call), deadline.signal, error);
  } finally {
    deadline.clear();
  }
}

async function openOnce(options: TransportOptions, call: Call): Promise<OpenAnswer> {
  const url = urlOf(options.server, call);
  const deadline = createDeadline(call.timeoutMs ?? options.timeoutMs, [
    call.signal,
    options.signal,
  ]);
  try {
    const response = await options.fetch(url, {
      method: call.method,
      headers: headersOf(options, call),
      signal: deadline.signal,
      redirect: "error",
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    if (!response.ok) throw apiErrorFrom(response, await response.text());
    return { response, deadline };
  } catch (error) {
    deadline.clear();
    throw failureOf(url, deadline.signal, error);
  }
}

/** The error that a failed exchange is reported as. */
export function failureOf(url: string, signal: AbortSignal, error: unknown): unknown {
  if (error instanceof ApiError || error instanceof UnreachableError) return error;
  if (signal.aborted && !(signal.reason instanceof TimeLimitError)) return signal.reason;
  const timedOut = signal.aborted;
  const reason = timedOut ? (signal.reason as Error).message : reasonOf(error);
  return new UnreachableError({ url: new URL(url).origin, reason, timedOut, cause: error });
}

/** fetch hides why it failed in causes, and several addresses in an aggregate of them. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return reasonOf(error.cause);
  return error.message;
}

function urlOf(server: string, call: Call): string {
  const url = new URL(server);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}${call.path}`;
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
}

function headersOf(options: TransportOptions, call: Call): Record<string, string> {
  return {
    accept: "application/json",
    ...(call.body === undefined ? {} : { "content-type": "application/json" }),
    ...options.headers,
    ...call.headers,
  };
}
