/** /changes: the feed, read by pages or followed by server-sent events. */
import { ChangesQuery, DEFAULT_LIMIT } from "@conveyor-ci/contract";
import type { Change } from "@conveyor-ci/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { pageOf, readCursor, writeCursor } from "../http/cursor.ts";
import type { HandlersOf } from "../http/handler.ts";
import { queryShape } from "../http/shape.ts";
import type { ServerContext } from "../server-context.ts";
import { openEventStream, readLastEventId, wantsEvents } from "../streams/event-stream.ts";
import { viewChange } from "../views/change.ts";

const changesShape = queryShape<ChangesQuery>(ChangesQuery);
const LIST = "changes";

export function changeRoutes(context: ServerContext): HandlersOf<"readChanges"> {
  return {
    readChanges: async (request, reply) => {
      const { after = 0, cursor, limit = DEFAULT_LIMIT } = changesShape.parse(request.query);
      if (wantsEvents(request.raw) && request.method === "GET") {
        return followChanges(context, { after, request, reply });
      }
      const from = readCursor(LIST, cursor, [0])?.[0] ?? after;
      const rows = await context.engine.listChanges({ after: from, limit: limit + 1 });
      return pageOf(rows, {
        limit,
        view: viewChange,
        cursor: (last) => writeCursor(LIST, [last.position]),
      });
    },
  };
}

interface Follow {
  readonly after: number;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

async function followChanges(
  { engine, stopping, logger }: ServerContext,
  { after, request, reply }: Follow,
): Promise<FastifyReply> {
  const from = readLastEventId(request.raw) ?? after;
  const stream = openEventStream(reply, stopping);
  try {
    for await (const page of engine.followChanges(from, stream.signal)) {
      if (!(await stream.outlet.write(page.map(eventOf).join("")))) break;
    }
  } catch (error) {
    logger.error({ err: error }, "a stream of changes broke off");
  } finally {
    stream.end();
  }
  return reply;
}

function eventOf(change: Change): string {
  return `id: ${change.position}\ndata: ${JSON.stringify(viewChange(change))}\n\n`;
}
