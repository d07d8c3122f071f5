/**
 * Follows the lines of a run, for a reader of server-sent events or of a WebSocket.
 *
 * F1 Every line after the cursor, each once and in order, then the end of the run (P6).
 * F2 A slow reader holds one chunk and what its socket buffers, never more.
 * F3 A run that does not exist is refused before anything is sent.
 */
import type { Socket } from "node:net";
import { CLOSE, FollowQuery, type WireLogEnd } from "@conveyor-ci/contract";
import { isRunEnded } from "@conveyor-ci/core";
import type { Engine, LogEvent } from "@conveyor-ci/engine";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { queryShape } from "../http/shape.ts";
import type { ServerContext } from "../server-context.ts";
import { lastSeq } from "../views/line.ts";
import { openEventStream, readLastEventId } from "./event-stream.ts";
import { Outlet } from "./outlet.ts";
import { linesAsEvents, linesAsFrames } from "./rendered-lines.ts";

const followShape = queryShape<FollowQuery>(FollowQuery);

/** Whose lines are followed. */
export interface FollowTarget {
  readonly run: string;
  /** Null: those of all drivers of the run. */
  readonly driver: string | null;
}

/** The cursor in a query string, 0 where there is none. */
export function readAfter(query: unknown): number {
  return followShape.parse(query).after ?? 0;
}

/** Answers with server-sent events. */
export async function followByEvents(
  context: ServerContext,
  target: FollowTarget,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<FastifyReply> {
  const { engine, stopping } = context;
  const lastId = readLastEventId(request.raw);
  const after = lastId ?? readAfter(request.query);
  if (lastId !== null && (await isNothingLeft(engine, target, lastId))) {
    return reply.code(204).send();
  }
  const gone = new AbortController();
  const events = await engine.followLogs({ ...target, after }, gone.signal);
  const stream = openEventStream(reply, stopping);
  const stop = (): void => gone.abort();
  stream.signal.addEventListener("abort", stop);
  if (stream.signal.aborted) stop();
  let seen = after;
  try {
    for await (const event of events) {
      if (event.kind === "lines") seen = Math.max(seen, lastSeq(event.chunk));
      if (!(await stream.outlet.write(eventText(event, seen)))) break;
    }
  } catch (error) {
    // The head is out: the reader comes back with the last id it has seen.
    context.logger.error({ err: error, run: target.run }, "a log stream broke off");
  } finally {
    stop();
    stream.end();
  }
  return reply;
}

/** The end has an id too, so that a reader which reconnects after it is told that there is no more. */
function eventText(event: LogEvent, seen: number): string | Buffer {
  if (event.kind === "lines") return linesAsEvents(event.chunk, event.after);
  const data = JSON.stringify({ runid: event.run, state: event.state });
  return `event: end\nid: ${seen}\ndata: ${data}\n\n`;
}

/** The run has ended and no line of the target comes after the cursor. */
async function isNothingLeft(
  engine: Engine,
  target: FollowTarget,
  after: number,
): Promise<boolean> {
  const { run } = await engine.getRun(target.run);
  if (!isRunEnded(run.state)) return false;
  const query = { ...target, pipeline: null, step: null, after };
  for await (const chunk of engine.queryLogs(query)) {
    if (lastSeq(chunk) > after) return false;
  }
  return true;
}

export interface Reader {
  readonly ws: WebSocket;
  /** The socket under it: frames that are rendered once for all readers are written there. */
  readonly socket: Socket;
  /** Aborts when the reader is gone. */
  readonly gone: AbortController;
}

/** Sends what comes to a WebSocket; `events` was opened before the upgrade (F3). */
export async function followByFrames(
  context: ServerContext,
  events: AsyncIterable<LogEvent>,
  { ws, socket, gone }: Reader,
): Promise<void> {
  const outlet = new Outlet(socket);
  const stop = (): void => {
    ws.close(CLOSE.goingAway, "the server stops");
    gone.abort();
  };
  context.stopping.addEventListener("abort", stop);
  if (context.stopping.aborted) stop();
  try {
    for await (const event of events) {
      if (ws.readyState !== ws.OPEN) break;
      if (event.kind === "end") {
        const end: WireLogEnd = { event: "end", runid: event.run, state: event.state };
        ws.send(JSON.stringify(end));
        ws.close(CLOSE.normal, "end");
        break;
      }
      if (!(await outlet.write(linesAsFrames(event.chunk, event.after)))) break;
    }
  } catch (error) {
    context.logger.error({ err: error }, "a log stream broke off");
    ws.close(1011, "internal error");
  } finally {
    context.stopping.removeEventListener("abort", stop);
    gone.abort();
  }
}
