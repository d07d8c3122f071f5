/** Errors as problem documents (RFC 9457). */
import type { WireProblem } from "@conveyor-ci/contract";
import { ConveyorError, ERRORS, ownOf, type Refusal } from "@conveyor-ci/core";

export const PROBLEM_MEDIA_TYPE = "application/problem+json; charset=utf-8";

/** The problem document of a refusal. */
export function viewProblem(refusal: Refusal, requestId: string): WireProblem {
  const { code, message, hint, issues } = refusal;
  const { status, title } = ERRORS[code];
  return {
    type: `urn:conveyor:error:${code}`,
    title,
    status,
    detail: message,
    code,
    error: message,
    ...(hint === undefined ? {} : { hint }),
    ...(issues === undefined || issues.length === 0 ? {} : { issues }),
    requestId,
  };
}

const NOT_JSON: Refusal = {
  code: "unsupported_media_type",
  message: "the body must be sent as JSON",
  hint: 'add the header "content-type: application/json" (curl: -H "content-type: application/json")',
  issues: [
    { path: "/headers/content-type", rule: "mediaType", message: "must be application/json" },
  ],
};

/** Fastify's own errors, in our words. */
const FRAMEWORK_REFUSALS: Readonly<Record<string, Refusal>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: NOT_JSON,
  FST_ERR_CTP_EMPTY_TYPE: NOT_JSON,
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: "body_too_large",
    message: "the body is larger than 4 MiB",
    issues: [{ path: "", rule: "maxBytes", message: "must have at most 4 MiB" }],
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: "invalid_request",
    message: "the body is not as long as its Content-Length says",
    issues: [{ path: "/headers/content-length", rule: "length", message: "must be the length" }],
  },
  FST_ERR_BAD_URL: {
    code: "invalid_request",
    message: "the path has a percent-encoding that is not UTF-8",
    hint: "a percent sign itself is written %25",
    issues: [{ path: "", rule: "url", message: "must be percent-encoded UTF-8" }],
  },
  FST_ERR_MAX_PARAM_LENGTH: {
    code: "not_found",
    message: "there is nothing at a path with a name this long",
  },
};

/** What an error of a request means to its sender; what is not known is a bug of ours. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof ConveyorError) {
    const { code, message, hint, issues } = error;
    return { code, message, issues, ...(hint === undefined ? {} : { hint }) };
  }
  const { code, statusCode, message } = error as {
    readonly code?: string;
    readonly statusCode?: number;
    readonly message?: string;
  };
  const refusal = code === undefined ? undefined : ownOf(FRAMEWORK_REFUSALS, code);
  if (refusal !== undefined) return refusal;
  const text = message ?? "the request cannot be read";
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { code: "invalid_request", message: text };
  }
  return { code: "internal_error", message: "the server met a bug; its log says more" };
}
