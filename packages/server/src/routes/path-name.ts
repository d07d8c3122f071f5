/** Names in paths: what cannot be a name is the name of nothing. */
import { ConveyorError, type ErrorCode, isName, normalRunId, quoted } from "@conveyor-ci/core";
import type { FastifyRequest } from "fastify";
import { parameter } from "../http/caller.ts";

const MISSING = {
  definition: { code: "definition_not_found", words: "resource definition" },
  resource: { code: "resource_not_found", words: "resource" },
  pipeline: { code: "pipeline_not_found", words: "pipeline" },
  driver: { code: "driver_not_found", words: "driver" },
  run: { code: "run_not_found", words: "run" },
} as const satisfies Record<string, { code: ErrorCode; words: string }>;

export type PathNoun = keyof typeof MISSING;

/** The parameter of the path that names a noun, `:name` unless said; else its `…_not_found`. */
export function nameInPath(request: FastifyRequest, noun: PathNoun, of = "name"): string {
  return checkName(parameter(request, of), noun);
}

/** The text if it can be a name, as it is stored; else throws the noun's `…_not_found`. */
export function checkName(text: string, noun: PathNoun): string {
  if (isName(text)) return noun === "run" ? normalRunId(text) : text;
  const { code, words } = MISSING[noun];
  throw new ConveyorError({ code, message: `there is no ${words} ${quoted(text)}` });
}
