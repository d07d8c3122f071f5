/**
 * The routes of the HTTP API as data: what registers handlers, answers 405 and writes OpenAPI reads
 * the same table. Paths stand without a trailing slash; one may be added to any of them.
 */
import { DEFINITION_ROUTES } from "./routes/definitions.ts";
import { DRIVER_ROUTES } from "./routes/drivers.ts";
import { LOG_ROUTES } from "./routes/logs.ts";
import { PIPELINE_ROUTES } from "./routes/pipelines.ts";
import { RESOURCE_ROUTES } from "./routes/resources.ts";
import { RUN_ROUTES } from "./routes/runs.ts";
import { SYSTEM_ROUTES } from "./routes/system.ts";

export {
  BODY_ERRORS,
  COMMON_ERRORS,
  type Route,
  type RouteAnswer,
  type RouteMethod,
} from "./routes/route.ts";

/** Every route of the API. */
export const ROUTES = [
  ...DEFINITION_ROUTES,
  ...RESOURCE_ROUTES,
  ...PIPELINE_ROUTES,
  ...RUN_ROUTES,
  ...LOG_ROUTES,
  ...DRIVER_ROUTES,
  ...SYSTEM_ROUTES,
] as const;

export type RouteId = (typeof ROUTES)[number]["id"];
