/** What no route of the API takes, and what would else be passed over in silence. */
import { ConveyorError } from "@conveyor-ci/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { queryShape } from "./shape.ts";

const noQuery = queryShape<object>({ type: "object", additionalProperties: false });

/** Throws `invalid_request` for a query where the route has none. */
export function assertNoQuery(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  try {
    noQuery.parse(request.query);
    done();
  } catch (error) {
    done(error as Error);
  }
}

/** Throws `unsupported_media_type` for a compressed body. */
export function assertPlainBody(request: FastifyRequest): void {
  const encoding = request.headers["content-encoding"];
  if (encoding === undefined || encoding === "identity") return;
  throw new ConveyorError({
    code: "unsupported_media_type",
    message: "the body must not be compressed",
    hint: "send it without the header content-encoding",
    issues: [{ path: "/headers/content-encoding", rule: "encoding", message: "must be left out" }],
  });
}
