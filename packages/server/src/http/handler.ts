/** How handlers of the API are written: one for each route of the table, by its id. */
import type { RouteId } from "@conveyor-ci/contract";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Answers what is sent as JSON, or sends by itself and answers the reply. */
export type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

export type Handlers = Readonly<Record<RouteId, Handler>>;

/** The handlers of some of the routes. */
export type HandlersOf<K extends RouteId> = Readonly<Record<K, Handler>>;
