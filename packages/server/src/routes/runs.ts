/** /runs */
import { DEFAULT_LIMIT, RUN_ID_HEADER, RunsQuery } from "@conveyor-ci/contract";
import type { Engine } from "@conveyor-ci/engine";
import { pageOf, readCursor, writeCursor } from "../http/cursor.ts";
import type { HandlersOf } from "../http/handler.ts";
import { queryShape } from "../http/shape.ts";
import { viewListedRun, viewRun } from "../views/run.ts";
import { nameInPath } from "./path-name.ts";

type Ids = "listRuns" | "getRun" | "cancelRun" | "rerunRun";

const listShape = queryShape<RunsQuery>(RunsQuery);
const LIST = "runs";

export function runRoutes(engine: Engine): HandlersOf<Ids> {
  return {
    listRuns: async (request) => {
      const query = listShape.parse(request.query);
      const { cursor, limit = DEFAULT_LIMIT } = query;
      const rows = await engine.listRuns({
        resource: query.resource ?? null,
        name: query.name ?? null,
        pipeline: query.pipeline ?? null,
        driver: query.driver ?? null,
        state: query.state ?? null,
        before: readCursor(LIST, cursor, [0])?.[0] ?? null,
        limit: limit + 1,
      });
      return pageOf(rows, {
        limit,
        view: viewListedRun,
        cursor: (last) => writeCursor(LIST, [last.position]),
      });
    },
    getRun: async (request) => viewRun(await engine.getRun(nameInPath(request, "run", "id"))),
    cancelRun: async (request, reply) => {
      const id = nameInPath(request, "run", "id");
      await engine.cancelRun(request.principal, id);
      reply.code(202);
      return viewRun(await engine.getRun(id));
    },
    rerunRun: async (request, reply) => {
      const parent = nameInPath(request, "run", "id");
      const run = await engine.rerunRun(request.principal, parent);
      reply.code(201).header(RUN_ID_HEADER, run.id);
      return { runid: run.id, parent };
    },
  };
}
