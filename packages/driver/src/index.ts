/** @packageDocumentation The runtime for Conveyor drivers. */

export { MAX_LABELS, MAX_LABELS_BYTES, PART_LABEL } from "@conveyor-ci/contract";
export {
  type Driver,
  type DriverDefinition,
  type DriverResult,
  defineDriver,
  type ReconcileContext,
  type Resource,
  type ResourceEntry,
  type ResourceFor,
} from "./define-driver.ts";
export {
  defineResource,
  type ResourceDefinition,
  type ResourceSchema,
  type SpecOf,
  type SpecSchema,
} from "./define-resource.ts";
export { DriverManager } from "./driver-manager.ts";
export { type AbortKind, DriverError, type DriverErrorCode, ReconcileAborted } from "./errors.ts";
export type { Labels } from "./log-line.ts";
export type { DriverLogger } from "./logger.ts";
export type { DriverManagerOptions } from "./manager-options.ts";
