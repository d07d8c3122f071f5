/** Who asks: the same for requests and for upgrades. */
import type { IncomingMessage } from "node:http";
import { ConveyorError } from "@conveyor-ci/core";
import type { Principal } from "@conveyor-ci/engine";
import type { FastifyRequest } from "fastify";
import type { Authenticate } from "../control-plane-options.ts";

export const ANONYMOUS: Principal = { name: "anonymous" };

/** Answers who sends the request, or throws `unauthenticated`. */
export async function identify(
  authenticate: Authenticate,
  request: IncomingMessage,
): Promise<Principal> {
  const principal = await authenticate(request);
  if (principal !== null) return principal;
  throw new ConveyorError({
    code: "unauthenticated",
    message: "the request carries no valid credentials",
  });
}

/** A parameter of the path. */
export function parameter(request: FastifyRequest, name: string): string {
  return (request.params as Readonly<Record<string, string | undefined>>)[name] ?? "";
}
