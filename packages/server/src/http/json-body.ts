/** From the bytes of a body to a JSON value, or a refusal that says where it is wrong. */
import { isUtf8 } from "node:buffer";
import { MAX_JSON_DEPTH } from "@conveyor-ci/contract";
import { ConveyorError } from "@conveyor-ci/core";
import { findJsonProblem, isSuspicious, type JsonProblem } from "./json-scan.ts";

const RULES = { deep: "maxDepth", number: "safeInteger", twice: "unique" } as const;

/** Throws `invalid_json` for what is not JSON, `invalid_request` for what cannot be kept as it is. */
export function parseJsonBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) {
    throw notJson("is not UTF-8");
  }
  const text = bytes.toString();
  let value: unknown;
  if (isSuspicious(text, MAX_JSON_DEPTH)) refuseProblem(findJsonProblem(text, MAX_JSON_DEPTH));
  try {
    value = JSON.parse(text) as unknown;
  } catch (cause) {
    refuseProblem(findJsonProblem(text, MAX_JSON_DEPTH));
    throw notJson("is not JSON", cause);
  }
  if (countNames(text) > countMembers(value)) refuseProblem(findJsonProblem(text, MAX_JSON_DEPTH));
  return value;
}

const QUOTE = 0x22;

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

/** How many names of members a text has, at the most: parts of strings may look like one. */
function countNames(text: string): number {
  let count = 0;
  for (let at = text.indexOf(":"); at >= 0; at = text.indexOf(":", at + 1)) {
    let before = at - 1;
    while (before > 0 && isSpace(text.charCodeAt(before))) before -= 1;
    if (text.charCodeAt(before) === QUOTE) count += 1;
  }
  return count;
}

/** How many members there are: fewer, when a name was given twice in one object. */
function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    count += countMembers(member);
  }
  return Array.isArray(value) ? count : count + Object.keys(value).length;
}

function notJson(message: string, cause?: unknown): ConveyorError {
  return new ConveyorError(
    {
      code: "invalid_json",
      message: `the body ${message}`,
      issues: [{ path: "", rule: "json", message }],
    },
    { cause },
  );
}

function refuseProblem(problem: JsonProblem | undefined): void {
  if (problem === undefined) return;
  const { kind, message } = problem;
  if (kind === "syntax") {
    throw notJson(`is not JSON: ${message}`);
  }
  const { path } = problem;
  const rule = RULES[kind];
  throw new ConveyorError({
    code: "invalid_request",
    message: `${path === "" ? "the body" : path} ${message}`,
    issues: [{ path, rule, message }],
    ...(kind === "number" ? { hint: "send large integers as strings" } : {}),
  });
}
