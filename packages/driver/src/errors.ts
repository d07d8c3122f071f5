/** The errors that a driver author meets. */
import type { ErrorCode } from "@conveyor-ci/core";

/** Codes of `DriverError`; `invalid_options` is the SDK's own, the others are the system's. */
export type DriverErrorCode =
  | Extract<ErrorCode, "instance_in_use" | "log_spool_full" | "lease_lost" | "internal_error">
  | "invalid_options";

/**
 * An error of the driver runtime. `code` is stable, `message` is for people, and `hint`, where there
 * is one, says what to do.
 */
export class DriverError extends Error {
  override readonly name = "DriverError";
  readonly code: DriverErrorCode;
  readonly hint: string | undefined;

  constructor(
    code: DriverErrorCode,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    const { hint, ...rest } = options;
    super(hint === undefined ? message : `${message} (${hint})`, rest);
    this.code = code;
    this.hint = hint;
  }
}

/**
 * Why a handler was told to stop: `user` cancelled the run; the resource's deletion `superseded` it;
 * its step's `timeout` passed; the lease was lost (`lease_lost`): somebody else does the work, and
 * nothing this handler still says counts; or the process stops (`shutdown`).
 */
export type AbortKind = "user" | "superseded" | "timeout" | "lease_lost" | "shutdown";

/** The `reason` of a handler's `signal`. */
export class ReconcileAborted extends Error {
  override readonly name = "ReconcileAborted";
  readonly kind: AbortKind;

  constructor(kind: AbortKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
