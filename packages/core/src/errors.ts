/**
 * The registry of error codes. A code is API: it never changes its meaning and is never reused.
 * `status` is the HTTP status of its problem document; protocol errors travel in frames instead.
 */
export const ERRORS = {
  invalid_json: { status: 400, title: "The body is not JSON" },
  invalid_request: {
    status: 400,
    title: "The request does not have the form that the route asks for",
  },
  invalid_schema: { status: 400, title: "The schema of the definition cannot be used" },
  schema_too_large: { status: 413, title: "The schema of the definition is larger than the limit" },
  invalid_spec: { status: 400, title: "The spec does not match the schema of its definition" },
  invalid_pipeline: { status: 400, title: "The steps of the pipeline do not fit together" },
  invalid_cursor: { status: 400, title: "The cursor is not one that this list gave out" },
  name_mismatch: { status: 400, title: "The name in the body is not the one in the path" },
  forbidden_host: { status: 403, title: "The server does not answer to this Host" },
  forbidden_origin: { status: 403, title: "The request comes from a page of another origin" },
  unauthenticated: { status: 401, title: "The request carries no valid credentials" },
  not_found: { status: 404, title: "There is nothing at this path" },
  definition_not_found: { status: 404, title: "No such resource definition" },
  resource_not_found: { status: 404, title: "No such resource" },
  version_not_found: { status: 404, title: "The resource has no such version" },
  pipeline_not_found: { status: 404, title: "No such pipeline" },
  run_not_found: { status: 404, title: "No such run" },
  driver_not_found: { status: 404, title: "No such driver" },
  method_not_allowed: { status: 405, title: "The path does not take this method" },
  definition_exists: { status: 409, title: "A definition of this name exists" },
  definition_in_use: { status: 409, title: "Resources or pipelines still use the definition" },
  resource_exists: { status: 409, title: "A resource of this kind and name exists" },
  resource_deleting: { status: 409, title: "The resource is being deleted" },
  resource_gone: { status: 409, title: "The resource of the run no longer exists" },
  pipeline_in_use: { status: 409, title: "Resources or unfinished runs still use the pipeline" },
  run_finished: { status: 409, title: "The run has ended" },
  driver_connected: { status: 409, title: "Instances of the driver are connected" },
  version_conflict: { status: 412, title: "The resource is at another version" },
  body_too_large: { status: 413, title: "The body is larger than 4 MiB" },
  unsupported_media_type: { status: 415, title: "The media type is not supported" },
  upgrade_required: { status: 426, title: "The route speaks WebSocket only" },
  internal_error: { status: 500, title: "The server met a bug" },
  overloaded: { status: 503, title: "The server has too much to do at the moment" },
  shutting_down: { status: 503, title: "The server is stopping" },
  storage_unavailable: { status: 503, title: "The storage cannot be reached" },
  storage_full: { status: 507, title: "The storage has no room left" },
  instance_in_use: { status: 409, title: "Another live process has this instance name" },
  instance_lost: { status: 500, title: "The instance was lost too often" },
  lease_lost: { status: 409, title: "The lease has been replaced or has ended" },
  lines_missing: { status: 409, title: "Lines before these have not arrived" },
  result_missing: { status: 500, title: "The driver returned no result" },
  result_too_large: { status: 413, title: "The result is larger than the limit" },
  log_spool_full: { status: 507, title: "The log spool of the instance is full" },
  driver_error: { status: 500, title: "The driver threw an error" },
  driver_failed: { status: 500, title: "The driver reported a failure" },
  driver_forgotten: { status: 409, title: "The driver was forgotten before the step run started" },
  step_timeout: { status: 500, title: "The attempt took longer than the timeout of its step" },
  needs_not_met: { status: 409, title: "A step that this one needs did not succeed" },
  handler_stuck: { status: 500, title: "The handler went on after it was told to stop" },
  invalid_frame: { status: 400, title: "The frame is not one of the protocol" },
  frame_too_large: { status: 413, title: "The frame is larger than the limit" },
  protocol_unsupported: { status: 400, title: "No protocol version in common" },
  data_directory_in_use: { status: 503, title: "Another server holds the data directory" },
  address_in_use: { status: 503, title: "Something else listens on the address" },
  unsafe_address: { status: 503, title: "The address must not be served without authentication" },
  database_newer: { status: 503, title: "The database was written by a newer version" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** One thing that is wrong with an input: where, and which rule. */
export interface Issue {
  /** JSON Pointer into the input; `""` is the whole of it. */
  readonly path: string;
  /** The rule that is broken, as a stable word such as `required` or `pattern`. */
  readonly rule: string;
  readonly message: string;
}

/** Why a command was not carried out. A value, because a refusal is an ordinary outcome. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly issues?: readonly Issue[];
}

/** A failure that the caller may act on, by its code. */
export class ConveyorError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly issues: readonly Issue[];

  constructor(refusal: Refusal, options?: { readonly cause?: unknown }) {
    super(refusal.message, options);
    this.name = "ConveyorError";
    this.code = refusal.code;
    this.hint = refusal.hint;
    this.issues = refusal.issues ?? [];
  }
}

/** Throws when a rule of the code itself is broken: a bug, never caught to carry on. */
export function assertRule(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new Error(`broken rule: ${rule}`);
}
