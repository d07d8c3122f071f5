/** From the bytes of a body to a JSON value, or a refusal that says where it is wrong. */
import { isUtf8 } from "node:buffer";
import { MAX_JSON_DEPTH } from "@conveyor-ci/contract";
import { ConveyorError } from "@conveyor-ci/core";
import { findJsonProblem, isSuspicious, type JsonProblem } from "./json-scan.ts";

/** Throws `invalid_json` for what is not JSON, `invalid_request` for what cannot be kept as it is. */
export function parseJsonBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) {
    throw new ConveyorError({ code: "invalid_json", message: "the body is not UTF-8" });
  }
  const text = bytes.toString();
  if (isSuspicious(text, MAX_JSON_DEPTH)) refuseProblem(findJsonProblem(text, MAX_JSON_DEPTH));
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    refuseProblem(findJsonProblem(text, MAX_JSON_DEPTH));
    throw new ConveyorError({ code: "invalid_json", message: "the body is not JSON" }, { cause });
  }
}

function refuseProblem(problem: JsonProblem | undefined): void {
  if (problem === undefined) return;
  const { kind, message } = problem;
  if (kind === "syntax") {
    throw new ConveyorError({ code: "invalid_json", message: `the body is not JSON: ${message}` });
  }
  const { path } = problem;
  const rule = kind === "deep" ? "maxDepth" : "safeInteger";
  throw new ConveyorError({
    code: "invalid_request",
    message: `${path === "" ? "the body" : path} ${message}`,
    issues: [{ path, rule, message }],
    ...(kind === "number" ? { hint: "send large integers as strings" } : {}),
  });
}
