/** @packageDocumentation Typed client of Conveyor's API. */
export type { ApplyOutcome, List, ListOptions } from "./answers.ts";
export type { ChangeFollowOptions, ChangeListOptions, Changes } from "./changes.ts";
export { type Client, type ClientOptions, createClient } from "./client.ts";
export type { AppliedDefinition, Definitions } from "./definitions.ts";
export type { Drivers } from "./drivers.ts";
export { ApiError, type ApiFailure, isErrorCode, UnreachableError } from "./errors.ts";
export type { FollowOptions, Reconnect } from "./events.ts";
export type { LogFilter, LogFollowOptions, LogItem, Logs } from "./logs.ts";
export type { AppliedPipeline, Pipelines } from "./pipelines.ts";
export type {
  DeleteOptions,
  ResourceListOptions,
  ResourceName,
  Resources,
  Updated,
  UpdateOptions,
} from "./resources.ts";
export type { Rerun, RunListOptions, Runs } from "./runs.ts";
export type { ServerStatus, Status } from "./status.ts";
export type { CallOptions } from "./transport.ts";
