/** Server-sent events: the head of the answer, heartbeats, and where a reader resumes. */
import type { IncomingMessage } from "node:http";
import { ConveyorError } from "@conveyor-ci/core";
import type { FastifyReply } from "fastify";
import { Outlet } from "./outlet.ts";

/** Often enough for proxies that close connections on which nothing moves for a minute. */
const HEARTBEAT_MS = 15_000;

/** An answer that goes on until one of the two ends it. */
export interface EventStream {
  readonly outlet: Outlet;
  /** Aborts when the reader is gone or the server stops. */
  readonly signal: AbortSignal;
  /** Ends the answer; idempotent. */
  end(): void;
}

/** Takes the reply over from Fastify and sends the head of a stream of events. */
export function openEventStream(reply: FastifyReply, stopping: AbortSignal): EventStream {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  });
  response.flushHeaders();
  const outlet = new Outlet(response);
  const gone = new AbortController();
  const heartbeat = setInterval(() => {
    if (outlet.isClear) void outlet.write(":\n\n");
  }, HEARTBEAT_MS);
  const stop = (): void => gone.abort();
  stopping.addEventListener("abort", stop);
  response.on("close", () => {
    clearInterval(heartbeat);
    stopping.removeEventListener("abort", stop);
    gone.abort();
  });
  response.on("error", stop);
  // Gone before it was heard of: its close will not be told again.
  if (stopping.aborted || response.destroyed) stop();
  return {
    outlet,
    signal: gone.signal,
    end: () => {
      if (!response.writableEnded) response.end();
    },
  };
}

/** The number in `Last-Event-ID`; null: the reader does not resume. */
export function readLastEventId(request: IncomingMessage): number | null {
  const header = request.headers["last-event-id"];
  if (header === undefined || header === "") return null;
  const text = String(header);
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw new ConveyorError({
    code: "invalid_request",
    message: `Last-Event-ID ${JSON.stringify(text)} is not the id of an event of this stream`,
    issues: [{ path: "/headers/last-event-id", rule: "id", message: "must be an event's id" }],
  });
}

/** Whether the request asks for server-sent events. */
export function wantsEvents(request: IncomingMessage): boolean {
  return request.headers.accept?.includes("text/event-stream") ?? false;
}
