/** Errors as problem documents (RFC 9457). */
import type { WireProblem } from "@conveyor-ci/contract";
import { ConveyorError, ERRORS, type ErrorCode, type Refusal } from "@conveyor-ci/core";

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

/** Codes of Fastify's own errors, in ours. */
const FRAMEWORK_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_CTP_BODY_TOO_LARGE: "body_too_large",
  FST_ERR_CTP_EMPTY_TYPE: "unsupported_media_type",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "invalid_request",
  FST_ERR_BAD_URL: "invalid_request",
  FST_ERR_MAX_PARAM_LENGTH: "not_found",
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
  const known = code === undefined ? undefined : FRAMEWORK_CODES[code];
  if (known === "unsupported_media_type") {
    return {
      code: known,
      message: "the body must be JSON",
      hint: 'add the header "content-type: application/json"',
    };
  }
  if (known === "body_too_large") return { code: known, message: "the body is larger than 4 MiB" };
  const text = message ?? "the request cannot be read";
  if (known !== undefined) return { code: known, message: text };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { code: "invalid_request", message: text };
  }
  return { code: "internal_error", message: "the server met a bug; its log says more" };
}
