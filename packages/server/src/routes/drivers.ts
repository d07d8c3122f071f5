/** /drivers */
import { BroadcastBody, DEFAULT_LIMIT, PageQuery } from "@conveyor-ci/contract";
import { ConveyorError } from "@conveyor-ci/core";
import type { Engine } from "@conveyor-ci/engine";
import { pageOf, readCursor, writeCursor } from "../http/cursor.ts";
import type { HandlersOf } from "../http/handler.ts";
import { bodyShape, queryShape } from "../http/shape.ts";
import { viewDriver } from "../views/driver.ts";
import { nameInPath } from "./path-name.ts";

type Ids = "connectDriver" | "broadcastMessage" | "listDrivers" | "getDriver" | "forgetDriver";

const pageShape = queryShape<PageQuery>(PageQuery);
const messageShape = bodyShape<BroadcastBody>(BroadcastBody);
const LIST = "drivers";

export function driverRoutes(engine: Engine): HandlersOf<Ids> {
  return {
    connectDriver: () => {
      throw new ConveyorError({
        code: "upgrade_required",
        message: "drivers connect here by WebSocket",
        hint: "GET /asyncapi.json describes the protocol",
      });
    },
    broadcastMessage: async (request) => {
      const { message } = messageShape.parse(request.body);
      await engine.broadcast(request.principal, message);
      return { message: "message published" };
    },
    listDrivers: async (request) => {
      const { cursor, limit = DEFAULT_LIMIT } = pageShape.parse(request.query);
      const after = readCursor(LIST, cursor, [""])?.[0] ?? null;
      const rows = await engine.listDrivers({ after, limit: limit + 1 });
      return pageOf(rows, {
        limit,
        view: viewDriver,
        cursor: ({ driver }) => writeCursor(LIST, [driver.name]),
      });
    },
    getDriver: async (request) => viewDriver(await engine.getDriver(nameInPath(request, "driver"))),
    forgetDriver: async (request, reply) => {
      await engine.forgetDriver(request.principal, nameInPath(request, "driver"));
      return reply.code(204).send();
    },
  };
}
