/** How a route of the HTTP API is written down. */
import type { ErrorCode } from "@conveyor-ci/core";
import type { TSchema } from "typebox";

export type RouteMethod = "GET" | "POST" | "PUT" | "DELETE";

/** A successful answer. */
export interface RouteAnswer {
  readonly description: string;
  /** The media types it may have, `application/json` unless said. */
  readonly media?: readonly string[];
  /** Of the JSON; none: no body, or text. */
  readonly schema?: TSchema;
  readonly headers?: readonly string[];
}

export interface Route {
  /** Name of the operation. */
  readonly id: string;
  readonly method: RouteMethod;
  /** With `:name` for parameters. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly body?: TSchema;
  readonly query?: TSchema;
  /** By status. */
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** Codes of its refusals, beside those that any route may answer with. */
  readonly errors: readonly ErrorCode[];
}

/** The media type of server-sent events. */
export const EVENT_STREAM = "text/event-stream";

/** Codes with which any route may answer. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  "invalid_request",
  "unauthenticated",
  "forbidden_host",
  "forbidden_origin",
  "method_not_allowed",
  "internal_error",
  "shutting_down",
  "storage_unavailable",
];

/** Codes with which any route that takes a body may answer. */
export const BODY_ERRORS: readonly ErrorCode[] = [
  "invalid_json",
  "body_too_large",
  "unsupported_media_type",
  "storage_full",
];
export const NO_CONTENT: RouteAnswer = { description: "done" };
/** A JSON answer. */
export const json = (schema: TSchema, description: string): RouteAnswer => ({
  schema,
  description,
});
