/** All handlers of the API, one for each route of the table. */
import type { Handlers } from "../http/handler.ts";
import type { ServerContext } from "../server-context.ts";
import { changeRoutes } from "./changes.ts";
import { definitionRoutes } from "./definitions.ts";
import { driverRoutes } from "./drivers.ts";
import { logStreamRoutes } from "./log-streams.ts";
import { logRoutes } from "./logs.ts";
import { pipelineRoutes } from "./pipelines.ts";
import { resourceRoutes } from "./resources.ts";
import { runRoutes } from "./runs.ts";
import { systemRoutes } from "./system.ts";

export function createHandlers(context: ServerContext): Handlers {
  const { engine } = context;
  return {
    ...definitionRoutes(engine),
    ...resourceRoutes(engine),
    ...pipelineRoutes(engine),
    ...runRoutes(engine),
    ...logRoutes(engine),
    ...logStreamRoutes(context),
    ...driverRoutes(engine),
    ...changeRoutes(context),
    ...systemRoutes(context),
  };
}
