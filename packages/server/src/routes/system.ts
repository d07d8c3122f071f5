/** What tells about the server itself. */
import { createAsyncApi, createOpenApi } from "@conveyor-ci/contract";
import type { FastifyReply } from "fastify";
import type { HandlersOf } from "../http/handler.ts";
import type { ServerContext } from "../server-context.ts";
import { SERVER_VERSION } from "../version.ts";
import { SWAGGER_PAGE } from "./swagger-page.ts";

type Ids =
  | "getRoot"
  | "getHealth"
  | "getReady"
  | "getMetrics"
  | "getOpenApi"
  | "getSwaggerPage"
  | "getSwaggerDoc"
  | "getAsyncApi";

export function systemRoutes(context: ServerContext): HandlersOf<Ids> {
  let openApi: string | undefined;
  const sendOpenApi = (reply: FastifyReply) => {
    openApi ??= JSON.stringify(createOpenApi(SERVER_VERSION));
    return reply.header("content-type", "application/json; charset=utf-8").send(openApi);
  };
  return {
    getRoot: () => ({ name: "conveyor", version: SERVER_VERSION, docs: "/swagger/index.html" }),
    getHealth: () => ({ status: "ok" }),
    getReady: async () => {
      await context.engine.checkReady();
      return { status: "ready" };
    },
    getMetrics: async (_request, reply) =>
      reply
        .header("content-type", context.metrics.contentType)
        .send(await context.metrics.text(await context.engine.figures())),
    getOpenApi: (_request, reply) => sendOpenApi(reply),
    getSwaggerDoc: (_request, reply) => sendOpenApi(reply),
    getSwaggerPage: (_request, reply) =>
      reply
        .header("content-type", "text/html; charset=utf-8")
        .header("content-security-policy", "default-src 'self' 'unsafe-inline'; img-src data:")
        .send(SWAGGER_PAGE),
    getAsyncApi: () => createAsyncApi(SERVER_VERSION),
  };
}
