/** Answers for pages of configured origins; without configuration no such header is ever sent. */
import { OUTCOME_HEADER, RUN_ID_HEADER } from "@conveyor-ci/contract";
import type { FastifyReply, FastifyRequest } from "fastify";

const ALLOWED_HEADERS = "authorization, content-type, if-match, last-event-id";
const EXPOSED_HEADERS = `etag, ${RUN_ID_HEADER}, ${OUTCOME_HEADER}`;
const PREFLIGHT_SECONDS = "600";

/** Adds the headers for an allowed origin; true: it was a preflight and has been answered. */
export function allowCrossOrigin(request: FastifyRequest, reply: FastifyReply): boolean {
  void reply
    .header("access-control-allow-origin", request.headers.origin ?? "")
    .header("access-control-allow-credentials", "true")
    .header("access-control-expose-headers", EXPOSED_HEADERS)
    .header("vary", "origin");
  const isPreflight =
    request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined;
  if (!isPreflight) return false;
  void reply
    .code(204)
    .header("access-control-allow-methods", "GET, POST, PUT, DELETE")
    .header("access-control-allow-headers", ALLOWED_HEADERS)
    .header("access-control-max-age", PREFLIGHT_SECONDS)
    .send();
  return true;
}
