/**
 * The HTTP side: Fastify with our gates, our parser, our problem documents and the table of routes.
 *
 * A1 Nothing reaches a handler that has not passed the gates: stop, Host, Origin, credentials.
 * A2 Every error leaves as a problem document; bad input is never a 5xx.
 */
import type { IncomingMessage } from "node:http";
import { MAX_BODY_BYTES, ROUTES, type Route } from "@conveyor-ci/contract";
import { ConveyorError } from "@conveyor-ci/core";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { ServerContext } from "../server-context.ts";
import { ANONYMOUS, identify } from "./caller.ts";
import { allowCrossOrigin } from "./cors.ts";
import type { Handlers } from "./handler.ts";
import { parseJsonBody } from "./json-body.ts";
import { assertNoQuery, assertPlainBody } from "./plain-request.ts";
import { PROBLEM_MEDIA_TYPE, refusalOf, viewProblem } from "./problem.ts";
import { RouteMethods } from "./route-methods.ts";

/** Routes for probes, which have no credentials. */
const OPEN_PATHS = new Set(["/health", "/ready"]);
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

export interface AppOptions {
  readonly context: ServerContext;
  readonly handlers: Handlers;
  readonly routes: ((app: FastifyInstance) => void) | undefined;
}

/** Builds the application; it listens to nothing by itself. */
export function createApp({ context, handlers, routes }: AppOptions): FastifyInstance {
  let requests = 0;
  const start = Date.now().toString(36);
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    genReqId: () => `${start}-${((requests += 1)).toString(36)}`,
    requestIdHeader: false,
    forceCloseConnections: false,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1_024 },
    frameworkErrors: (error, request, reply) => {
      answerError(context, { error, request, reply });
    },
  });
  app.removeAllContentTypeParsers();
  for (const type of ["application/json", /^application\/[\w.-]+\+json(?:;|$)/]) {
    app.addContentTypeParser(type, { parseAs: "buffer" }, (request, body: Buffer, done) => {
      try {
        assertPlainBody(request);
        done(null, body.length === 0 ? undefined : parseJsonBody(body));
      } catch (error) {
        done(error as Error);
      }
    });
  }
  app.decorateRequest("principal");
  addGates(app, context);
  const methods = new RouteMethods();
  app.addHook("onRoute", ({ method, url }) => methods.add(url, [method].flat()));
  app.setErrorHandler((error, request, reply) => {
    // The framework has rules for bodies of methods that no route takes: the method is what is wrong.
    if (request.is404 && !(error instanceof ConveyorError)) answerNoRoute(request, reply);
    else answerError(context, { error, request, reply });
  });
  const answerNoRoute = (request: FastifyRequest, reply: FastifyReply) => {
    const { error, allow } = methods.refusal(request.method, request.url);
    if (allow !== null) void reply.header("allow", allow);
    answerError(context, { error, request, reply });
  };
  app.setNotFoundHandler(answerNoRoute);
  context.metrics.observe(app);
  for (const route of ROUTES as readonly Route[]) {
    const handler = handlers[route.id as keyof Handlers];
    const options = { url: route.path, handler, ...strictness(route) };
    app.route({ method: route.method, ...options });
    if (route.method === "GET" && !route.path.startsWith("/logs/")) {
      app.route({ method: "HEAD", ...options });
    }
  }
  routes?.(app);
  return app;
}

/** Probes and scrapers may add what they like to a query; elsewhere it would be a mistyped wish. */
function strictness(route: Route): { readonly preHandler?: typeof assertNoQuery } {
  return route.query === undefined && route.tag !== "system" ? { preHandler: assertNoQuery } : {};
}

/** The gates stand before the body is read, in one synchronous step where that is possible (A1). */
function addGates(app: FastifyInstance, context: ServerContext): void {
  const { gate, authenticate, stopping } = context;
  app.addHook("onRequest", (request, reply, done) => {
    const { raw } = request;
    request.principal = ANONYMOUS;
    try {
      if (stopping.aborted) {
        void reply.header("connection", "close");
        throw new ConveyorError({ code: "shutting_down", message: "the server is stopping" });
      }
      gate.assertHost(raw);
      if (raw.headers.origin !== undefined) {
        if (!SAFE_METHODS.has(request.method)) gate.assertOrigin(raw);
        if (gate.isAllowedOrigin(raw.headers.origin) && allowCrossOrigin(request, reply)) return;
      }
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  if (authenticate === null) return;
  app.addHook("onRequest", async (request) => {
    if (OPEN_PATHS.has(pathOf(request.raw))) return;
    request.principal = await identify(authenticate, request.raw);
  });
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").replace(/[?#].*$/, "").replace(/(.)\/$/, "$1");
}

interface Failure {
  readonly error: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The outermost frame of a request: the one that logs a bug. */
function answerError(context: ServerContext, { error, request, reply }: Failure): void {
  const refusal = refusalOf(error);
  const problem = viewProblem(refusal, request.id);
  if (problem.status >= 500) {
    const level = problem.code === "internal_error" ? "error" : "warn";
    const facts = { requestId: request.id, method: request.method, url: request.url, err: error };
    context.logger[level](facts, refusal.message);
  }
  if (problem.code === "upgrade_required") void reply.header("upgrade", "websocket");
  if (problem.status === 503) void reply.header("retry-after", "1");
  // A client that is cut off while it sends never reads why; the rest of the body is passed over.
  if (problem.code === "body_too_large") void reply.removeHeader("connection");
  void reply
    .code(problem.status)
    .header("content-type", PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(problem));
}
