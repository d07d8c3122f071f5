/** What can go wrong between the client and the server. */
import type { WireProblem } from "@conveyor-ci/contract";
import { ERRORS, type ErrorCode, type Issue } from "@conveyor-ci/core";

/** What an answer other than 2xx said. */
export interface ApiFailure {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly issues?: readonly Issue[];
  readonly hint?: string;
  readonly requestId?: string;
  /** From `Retry-After`. */
  readonly retryAfterMs?: number;
}

/**
 * The server refused the request. `code` is stable and safe to branch on; `message` is for people.
 * For a refusal that did not come from Conveyor (a proxy's, say) `code` is `http_<status>`.
 */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  /** Each thing that is wrong with the input: its path in the body, and the rule. */
  readonly issues: readonly Issue[];
  readonly hint: string | undefined;
  /** Finds the request in the server's own log. */
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(failure: ApiFailure) {
    super(failure.message);
    this.name = "ApiError";
    this.code = failure.code;
    this.status = failure.status;
    this.issues = failure.issues ?? [];
    this.hint = failure.hint;
    this.requestId = failure.requestId;
    this.retryAfterMs = failure.retryAfterMs;
  }

  /** Tells whether the refusal has this code; the codes are checked by the compiler. */
  is(code: ErrorCode): boolean {
    return this.code === code;
  }
}

/** The server could not be reached, did not answer in time, or the connection broke. */
export class UnreachableError extends Error {
  readonly code = "server_unreachable";
  readonly url: string;
  readonly hint: string;
  /** Whether the time ran out, so that the server may have carried out the request. */
  readonly timedOut: boolean;

  constructor(failure: { url: string; reason: string; timedOut?: boolean; cause?: unknown }) {
    super(`${failure.url} cannot be reached: ${failure.reason}`, { cause: failure.cause });
    this.name = "UnreachableError";
    this.url = failure.url;
    this.timedOut = failure.timedOut ?? false;
    this.hint =
      "start a server with `conveyor up`, or name the right one with --server or CONVEYOR_SERVER";
  }
}

/** Makes the error of an answer that is not 2xx; `text` is its body, whatever that holds. */
export function apiErrorFrom(response: Response, text: string): ApiError {
  const problem = parseProblem(text);
  const retryAfterMs = parseRetryAfterMs(response.headers.get("retry-after"));
  return new ApiError({
    code: problem.code ?? `http_${response.status}`,
    status: response.status,
    message: problem.detail ?? problem.error ?? `the server answered ${response.status}`,
    ...(Array.isArray(problem.issues) ? { issues: problem.issues } : {}),
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
    ...(problem.requestId === undefined ? {} : { requestId: problem.requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Tells whether a code is one of Conveyor's registry. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

function parseProblem(text: string): Partial<WireProblem> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

function parseRetryAfterMs(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = Number(value);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}
