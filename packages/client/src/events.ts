/**
 * Server-sent events that survive broken connections.
 *
 * E1 Each connection names the last event seen, so that no event is missed; the server counts, not
 *    the client.
 * E2 `connects` failures in a row end it with the error of the last. A connection that brought an
 *    event or lasted a while is no failure: proxies cut quiet streams.
 * E3 A refusal other than 5xx ends it at once, for waiting does not change it; so does a first
 *    connection that cannot be made.
 */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { type Backoff, backoffMs, pause } from "./backoff.ts";
import type { Deadline } from "./deadline.ts";
import { ApiError, UnreachableError } from "./errors.ts";
import { type CallOptions, failureOf, type Query, type Transport } from "./transport.ts";

/** What following takes. */
export interface FollowOptions extends Pick<CallOptions, "signal"> {
  /** Connections that may fail in a row before it gives up; 10 unless set. */
  readonly connects?: number | undefined;
  /** Called before each wait for another connection. */
  readonly onReconnect?: ((reconnect: Reconnect) => void) | undefined;
}

/** A connection broke, and another will be tried. */
export interface Reconnect {
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: unknown;
}

/** A stream of events at a path. */
export interface EventSource {
  readonly path: string;
  readonly query: Query;
  /** The last event that the reader has; undefined asks for all of them. */
  readonly lastId: string | undefined;
}

const BACKOFF: Backoff = { firstMs: 250, maxMs: 5_000 };
const CONNECTS = 10;

/** Silence, heartbeats included, after which a connection is taken for dead. */
const SILENCE_MS = 60_000;

/** Longest event, so that a server gone wrong cannot fill the memory. */
const MAX_EVENT_CHARS = 8 * 1024 ** 2;

/** How long a connection must have lasted to be none of the failures in a row. */
const STEADY_MS = 5_000;

/** Yields events until the server answers 204; the caller ends it earlier by leaving its loop. */
export async function* followEvents(
  transport: Transport,
  source: EventSource,
  options: FollowOptions,
): AsyncGenerator<EventSourceMessage, void, undefined> {
  const signal = options.signal ?? transport.signal;
  let lastId = source.lastId;
  let openedAt: number | undefined;
  for (let failures = 0; ; ) {
    try {
      for await (const event of connect(transport, { ...source, lastId }, signal)) {
        if (event === "nothing more") return;
        if (event === "opened") {
          openedAt = performance.now();
          continue;
        }
        failures = 0;
        if (event.id !== undefined && event.id !== "") lastId = event.id;
        yield event;
      }
      throw new UnreachableError({ url: transport.server, reason: "the stream broke off" });
    } catch (error) {
      if (openedAt === undefined || !isPassing(error)) throw error;
      failures = performance.now() - openedAt > STEADY_MS && failures === 0 ? 1 : failures + 1;
      if (failures > (options.connects ?? CONNECTS)) throw error;
      const delayMs = backoffMs(BACKOFF, failures);
      options.onReconnect?.({ attempt: failures, delayMs, error });
      await pause(delayMs, signal);
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof UnreachableError || (error instanceof ApiError && error.status >= 500);
}

async function* connect(
  transport: Transport,
  source: EventSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<EventSourceMessage | "opened" | "nothing more", void, undefined> {
  const { response, deadline } = await transport.open({
    method: "GET",
    path: source.path,
    query: source.query,
    signal,
    headers: {
      accept: "text/event-stream",
      ...(source.lastId === undefined ? {} : { "last-event-id": source.lastId }),
    },
    timeoutMs: SILENCE_MS,
  });
  try {
    yield response.status === 204 ? "nothing more" : "opened";
    if (response.body !== null) yield* parseEvents(response.body, deadline);
  } catch (error) {
    throw failureOf(transport.server, deadline.signal, error);
  } finally {
    deadline.clear();
  }
}

async function* parseEvents(
  body: NonNullable<Response["body"]>,
  deadline: Deadline,
): AsyncGenerator<EventSourceMessage, void, undefined> {
  const events: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (event) => events.push(event),
    maxBufferSize: MAX_EVENT_CHARS,
  });
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    deadline.restart();
    parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }));
    yield* events.splice(0);
  }
}
