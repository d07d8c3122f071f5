/** Makes a driver's result of whatever `reconcile` answered or threw. */
import { MAX_JSON_DEPTH, MAX_RESULT_BYTES } from "@conveyor-ci/contract";
import type { ErrorCode } from "@conveyor-ci/core";
import { DriverError } from "./errors.ts";
import { textOf } from "./log-line.ts";

/** An error's message may quote a whole log; its beginning says enough. */
const MAX_ERROR_LENGTH = 8 * 1024;

/** How an attempt ended, with the result as JSON text. */
export interface Ending {
  readonly success: boolean;
  /** Members of the result frame beside type, lease and lines, without the outer braces. */
  readonly json: string;
}

type Code = Extract<
  ErrorCode,
  "driver_error" | "result_missing" | "result_too_large" | "log_spool_full"
>;

function failure(code: Code, message: string): Ending {
  const text = message.slice(0, MAX_ERROR_LENGTH);
  const json = JSON.stringify({ success: false, message: text, data: null, code });
  return { success: false, json: json.slice(1, -1) };
}

/** The ending of an attempt whose handler threw. */
export function endingOfError(error: unknown): Ending {
  if (error instanceof DriverError && error.code === "log_spool_full") {
    return failure("log_spool_full", error.message);
  }
  return failure("driver_error", messageOf(error));
}

/** What an error says, without its stack. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : textOf(error);
}

/** The ending of an attempt whose handler answered `value`. */
export function endingOf(value: unknown): Ending {
  if (value === undefined || value === null) {
    const message = "reconcile returned no result; return { success: true } when all went well";
    return failure("result_missing", message);
  }
  if (typeof value !== "object" || !("success" in value) || typeof value.success !== "boolean") {
    const message = "reconcile did not return { success: true or false, message?, data? }";
    return failure("driver_error", `${message} but ${textOf(value).slice(0, 200)}`);
  }
  const { success } = value;
  const message = "message" in value && value.message !== undefined ? textOf(value.message) : "";
  const data = "data" in value && value.data !== undefined ? value.data : null;
  let json: string;
  try {
    // A value that JSON leaves out, such as a function, would leave out the member.
    json = JSON.stringify({
      success,
      message,
      data: JSON.stringify(data) === undefined ? null : data,
    });
  } catch (error) {
    const message = `the result's data cannot be written as JSON: ${messageOf(error)}`;
    return failure("driver_error", message);
  }
  const sizeBytes = Buffer.byteLength(json);
  if (sizeBytes > MAX_RESULT_BYTES) {
    const limit = `the limit is ${MAX_RESULT_BYTES} bytes`;
    return failure("result_too_large", `the result takes ${sizeBytes} bytes as JSON; ${limit}`);
  }
  if (depthOf(json) > MAX_JSON_DEPTH) {
    const message = `the result's data is nested deeper than the limit of ${MAX_JSON_DEPTH} levels`;
    return failure("driver_error", message);
  }
  return { success, json: json.slice(1, -1) };
}

/** Levels of nesting of a JSON text, its outermost included. */
function depthOf(json: string): number {
  // Each level takes an opening and a closing character.
  if (json.length <= MAX_JSON_DEPTH * 2) return 0;
  let depth = 0;
  let deepest = 0;
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/g)) {
    if (token === "{" || token === "[") deepest = Math.max(deepest, (depth += 1));
    else if (token === "}" || token === "]") depth -= 1;
  }
  return deepest;
}

/** The text of the result's frame; `lines` is the number of lines the lease logged. */
export function resultFrame(lease: number, lines: number, ending: Ending): string {
  return `{"type":"result","lease":${lease},"lines":${lines},${ending.json}}`;
}
