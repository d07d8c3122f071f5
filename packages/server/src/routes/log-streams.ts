/** /logs/streams and /logs/pipeline by server-sent events; their WebSockets are upgrades. */
import { parameter } from "../http/caller.ts";
import type { HandlersOf } from "../http/handler.ts";
import type { ServerContext } from "../server-context.ts";
import { followByEvents } from "../streams/follow-logs.ts";
import { nameInPath } from "./path-name.ts";

type Ids = "followDriverLogs" | "followRunLogs";

export function logStreamRoutes(context: ServerContext): HandlersOf<Ids> {
  return {
    followDriverLogs: (request, reply) => {
      const target = {
        run: nameInPath(request, "run", "runid"),
        driver: parameter(request, "driver"),
      };
      return followByEvents(context, target, { request, reply });
    },
    followRunLogs: (request, reply) => {
      const target = { run: nameInPath(request, "run", "runid"), driver: null };
      return followByEvents(context, target, { request, reply });
    },
  };
}
