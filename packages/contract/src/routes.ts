/**
 * The routes of the HTTP API as data: what registers handlers, answers 405 and writes OpenAPI reads
 * the same table. Paths stand without a trailing slash; one may be added to any of them.
 */
import type { ErrorCode } from "@conveyor-ci/core";
import type { TSchema } from "typebox";
import * as answers from "./answers.ts";
import * as bodies from "./bodies.ts";
import { CONNECT_PATH } from "./frames.ts";
import * as queries from "./queries.ts";

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

/** The run that a request made. */
export const RUN_ID_HEADER = "run-id";
/** What a definition or pipeline request did: `created`, `changed` or `unchanged`. */
export const OUTCOME_HEADER = "conveyor-outcome";

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

const BODY_ERRORS: readonly ErrorCode[] = [
  "invalid_json",
  "body_too_large",
  "unsupported_media_type",
  "storage_full",
];
const NO_CONTENT: RouteAnswer = { description: "done" };
const json = (schema: TSchema, description: string): RouteAnswer => ({ schema, description });
const SSE = "text/event-stream";

const DEFINITIONS = [
  {
    id: "createDefinition",
    method: "POST",
    path: "/resource-definitions",
    tag: "definitions",
    summary: "Creates a resource definition",
    body: bodies.DefinitionBody,
    answers: { 201: json(answers.Definition, "the definition") },
    errors: [...BODY_ERRORS, "invalid_schema", "definition_exists"],
  },
  {
    id: "applyDefinition",
    method: "POST",
    path: "/resource-definitions/apply",
    tag: "definitions",
    summary: "Creates a resource definition or changes the one of that name",
    body: bodies.DefinitionBody,
    answers: { 201: json(answers.Definition, "the definition") },
    errors: [...BODY_ERRORS, "invalid_schema"],
  },
  {
    id: "listDefinitions",
    method: "GET",
    path: "/resource-definitions",
    tag: "definitions",
    summary: "Lists resource definitions by name",
    query: queries.PageQuery,
    answers: { 200: json(answers.listOf(answers.Definition), "one page") },
    errors: ["invalid_cursor"],
  },
  {
    id: "getDefinition",
    method: "GET",
    path: "/resource-definitions/:name",
    tag: "definitions",
    summary: "Answers one resource definition",
    answers: { 200: json(answers.Definition, "the definition") },
    errors: ["definition_not_found"],
  },
  {
    id: "putDefinition",
    method: "PUT",
    path: "/resource-definitions/:name",
    tag: "definitions",
    summary: "Changes a resource definition; resources meet the schema at their next write",
    body: bodies.DefinitionUpdateBody,
    answers: { 200: json(answers.Definition, "the definition") },
    errors: [...BODY_ERRORS, "invalid_schema", "definition_not_found", "name_mismatch"],
  },
  {
    id: "deleteDefinition",
    method: "DELETE",
    path: "/resource-definitions/:name",
    tag: "definitions",
    summary: "Deletes a resource definition that nothing uses",
    answers: { 204: NO_CONTENT },
    errors: ["definition_not_found", "definition_in_use"],
  },
] as const satisfies readonly Route[];

const RESOURCES = [
  {
    id: "createResource",
    method: "POST",
    path: "/resources",
    tag: "resources",
    summary: "Creates a resource and the run of its `create` event",
    body: bodies.ResourceBody,
    answers: {
      201: { ...json(answers.Created, "name, version and run"), headers: [RUN_ID_HEADER] },
    },
    errors: [
      ...BODY_ERRORS,
      "invalid_spec",
      "definition_not_found",
      "pipeline_not_found",
      "resource_exists",
    ],
  },
  {
    id: "listResources",
    method: "GET",
    path: "/resources",
    tag: "resources",
    summary: "Lists resources of every kind",
    query: queries.ResourcesQuery,
    answers: { 200: json(answers.listOf(answers.Resource), "one page") },
    errors: ["invalid_cursor"],
  },
  {
    id: "listResourcesOfKind",
    method: "GET",
    path: "/resources/:kind",
    tag: "resources",
    summary: "Lists resources of one kind",
    query: queries.ResourcesQuery,
    answers: { 200: json(answers.listOf(answers.Resource), "one page") },
    errors: ["invalid_cursor", "definition_not_found"],
  },
  {
    id: "getResource",
    method: "GET",
    path: "/resources/:kind/:name",
    tag: "resources",
    summary: "Answers a resource at its newest version",
    answers: { 200: { ...json(answers.Resource, "the resource"), headers: ["etag"] } },
    errors: ["resource_not_found"],
  },
  {
    id: "putResource",
    method: "PUT",
    path: "/resources/:kind/:name",
    tag: "resources",
    summary: "Changes a resource; a change makes a version and a run. `If-Match` takes a version",
    body: bodies.ResourceUpdateBody,
    answers: {
      200: { ...json(answers.Resource, "the resource"), headers: ["etag", RUN_ID_HEADER] },
    },
    errors: [
      ...BODY_ERRORS,
      "invalid_spec",
      "name_mismatch",
      "definition_not_found",
      "pipeline_not_found",
      "resource_not_found",
      "resource_deleting",
      "version_conflict",
    ],
  },
  {
    id: "deleteResource",
    method: "DELETE",
    path: "/resources/:kind/:name",
    tag: "resources",
    summary: "Deletes a resource, after its delete run where somebody listens to it",
    query: queries.DeleteResourceQuery,
    answers: { 204: { ...NO_CONTENT, headers: [RUN_ID_HEADER] } },
    errors: ["resource_not_found", "pipeline_not_found"],
  },
  {
    id: "getVersion",
    method: "GET",
    path: "/resources/:kind/:name/:version",
    tag: "resources",
    summary: "Answers an old version of a resource",
    answers: { 200: json(answers.Resource, "the resource at that version") },
    errors: ["resource_not_found", "version_not_found"],
  },
] as const satisfies readonly Route[];

const PIPELINES = [
  {
    id: "createPipeline",
    method: "POST",
    path: "/pipelines",
    tag: "pipelines",
    summary: "Creates a pipeline, or a new revision of the one of that name",
    body: bodies.PipelineBody,
    answers: { 201: json(answers.Pipeline, "the newest revision") },
    errors: [...BODY_ERRORS, "invalid_pipeline", "definition_not_found"],
  },
  {
    id: "listPipelines",
    method: "GET",
    path: "/pipelines",
    tag: "pipelines",
    summary: "Lists pipelines by name",
    query: queries.PageQuery,
    answers: { 200: json(answers.listOf(answers.Pipeline), "one page") },
    errors: ["invalid_cursor"],
  },
  {
    id: "getPipeline",
    method: "GET",
    path: "/pipelines/:name",
    tag: "pipelines",
    summary: "Answers a pipeline at its newest revision",
    answers: { 200: json(answers.Pipeline, "the newest revision") },
    errors: ["pipeline_not_found"],
  },
  {
    id: "putPipeline",
    method: "PUT",
    path: "/pipelines/:name",
    tag: "pipelines",
    summary: "Changes a pipeline; changed content makes a new revision",
    body: bodies.PipelineUpdateBody,
    answers: { 200: json(answers.Pipeline, "the newest revision") },
    errors: [
      ...BODY_ERRORS,
      "invalid_pipeline",
      "name_mismatch",
      "definition_not_found",
      "pipeline_not_found",
    ],
  },
  {
    id: "deletePipeline",
    method: "DELETE",
    path: "/pipelines/:name",
    tag: "pipelines",
    summary: "Deletes a pipeline that no resource and no unfinished run uses",
    answers: { 204: NO_CONTENT },
    errors: ["pipeline_not_found", "pipeline_in_use"],
  },
] as const satisfies readonly Route[];

const RUNS = [
  {
    id: "listRuns",
    method: "GET",
    path: "/runs",
    tag: "runs",
    summary: "Lists runs, the newest first",
    query: queries.RunsQuery,
    answers: { 200: json(answers.listOf(answers.Run), "one page, without the data of results") },
    errors: ["invalid_cursor"],
  },
  {
    id: "getRun",
    method: "GET",
    path: "/runs/:id",
    tag: "runs",
    summary: "Answers a run with its steps, attempts and results, and why it is not moving",
    answers: { 200: json(answers.Run, "the run") },
    errors: ["run_not_found"],
  },
  {
    id: "cancelRun",
    method: "POST",
    path: "/runs/:id/cancel",
    tag: "runs",
    summary: "Cancels a run",
    answers: { 202: json(answers.Run, "the run, cancelling or cancelled") },
    errors: ["run_not_found", "run_finished"],
  },
  {
    id: "rerunRun",
    method: "POST",
    path: "/runs/:id/rerun",
    tag: "runs",
    summary: "Makes a new run of the same event, version and revision",
    answers: { 201: { ...json(answers.Rerun, "the new run"), headers: [RUN_ID_HEADER] } },
    errors: ["run_not_found", "resource_gone"],
  },
] as const satisfies readonly Route[];

const LOGS = [
  {
    id: "writeLog",
    method: "POST",
    path: "/logs",
    tag: "logs",
    summary: "Stores a line of a run that has not ended",
    body: bodies.LogBody,
    answers: { 201: { description: "the text `Created`", media: ["text/plain"] } },
    errors: [...BODY_ERRORS, "run_not_found", "run_finished"],
  },
  {
    id: "queryLogs",
    method: "GET",
    path: "/logs",
    tag: "logs",
    summary: "Answers all lines that match; `label.<name>=` selects by label",
    query: queries.LogsQuery,
    answers: {
      200: {
        ...json(answers.LogLines, "the lines, in order"),
        media: ["application/json", "application/x-ndjson"],
      },
    },
    errors: [],
  },
  {
    id: "followDriverLogs",
    method: "GET",
    path: "/logs/streams/:driver/:runid",
    tag: "logs",
    summary: "Follows the lines of one driver in one run, by WebSocket or server-sent events",
    query: queries.FollowQuery,
    answers: {
      101: { description: "WebSocket: one line each, then `end`" },
      200: { ...json(answers.LogLine, "events"), media: [SSE] },
      204: { description: "the run has ended, and there is nothing after the last event" },
    },
    errors: ["run_not_found"],
  },
  {
    id: "followRunLogs",
    method: "GET",
    path: "/logs/pipeline/:runid",
    tag: "logs",
    summary: "Follows the lines of all drivers of one run, by WebSocket or server-sent events",
    query: queries.FollowQuery,
    answers: {
      101: { description: "WebSocket: one line each, then `end`" },
      200: { ...json(answers.LogLine, "events"), media: [SSE] },
      204: { description: "the run has ended, and there is nothing after the last event" },
    },
    errors: ["run_not_found"],
  },
] as const satisfies readonly Route[];

const DRIVERS = [
  {
    id: "connectDriver",
    method: "GET",
    path: CONNECT_PATH,
    tag: "drivers",
    summary: "The driver protocol, by WebSocket; see /asyncapi.json",
    answers: { 101: { description: "WebSocket" } },
    errors: ["upgrade_required"],
  },
  {
    id: "broadcastMessage",
    method: "POST",
    path: "/drivers/broadcast-message",
    tag: "drivers",
    summary: "Puts a message into the feed",
    body: bodies.BroadcastBody,
    answers: { 200: json(answers.Message, "published") },
    errors: BODY_ERRORS,
  },
  {
    id: "listDrivers",
    method: "GET",
    path: "/drivers",
    tag: "drivers",
    summary: "Lists drivers with their instances and what is queued for them",
    query: queries.PageQuery,
    answers: { 200: json(answers.listOf(answers.Driver), "one page") },
    errors: ["invalid_cursor"],
  },
  {
    id: "getDriver",
    method: "GET",
    path: "/drivers/:name",
    tag: "drivers",
    summary: "Answers one driver",
    answers: { 200: json(answers.Driver, "the driver") },
    errors: ["driver_not_found"],
  },
  {
    id: "forgetDriver",
    method: "DELETE",
    path: "/drivers/:name",
    tag: "drivers",
    summary: "Forgets a driver and skips what is queued for it",
    answers: { 204: NO_CONTENT },
    errors: ["driver_not_found", "driver_connected"],
  },
] as const satisfies readonly Route[];

const SYSTEM = [
  {
    id: "readChanges",
    method: "GET",
    path: "/changes",
    tag: "system",
    summary: "Reads the feed of everything that changed, or follows it by server-sent events",
    query: queries.ChangesQuery,
    answers: {
      200: {
        ...json(answers.listOf(answers.Change), "one page"),
        media: ["application/json", SSE],
      },
    },
    errors: [],
  },
  {
    id: "getRoot",
    method: "GET",
    path: "/",
    tag: "system",
    summary: "Says what answers here",
    answers: { 200: json(answers.Root, "name, version and links") },
    errors: [],
  },
  {
    id: "getHealth",
    method: "GET",
    path: "/health",
    tag: "system",
    summary: "Tells that the process answers",
    answers: { 200: json(answers.Health, "alive") },
    errors: [],
  },
  {
    id: "getReady",
    method: "GET",
    path: "/ready",
    tag: "system",
    summary: "Tells whether state can be read and written",
    answers: { 200: json(answers.Health, "ready") },
    errors: [],
  },
  {
    id: "getMetrics",
    method: "GET",
    path: "/metrics",
    tag: "system",
    summary: "Figures in the text format of Prometheus",
    answers: { 200: { description: "figures", media: ["text/plain"] } },
    errors: [],
  },
  {
    id: "getOpenApi",
    method: "GET",
    path: "/openapi.json",
    tag: "system",
    summary: "This description of the API",
    answers: { 200: json(answers.AnyObject, "OpenAPI 3.1") },
    errors: [],
  },
  {
    id: "getSwaggerPage",
    method: "GET",
    path: "/swagger/index.html",
    tag: "system",
    summary: "The interactive page of the API",
    answers: { 200: { description: "a page", media: ["text/html"] } },
    errors: [],
  },
  {
    id: "getSwaggerDoc",
    method: "GET",
    path: "/swagger/doc.json",
    tag: "system",
    summary: "The same as /openapi.json",
    answers: { 200: json(answers.AnyObject, "OpenAPI 3.1") },
    errors: [],
  },
  {
    id: "getAsyncApi",
    method: "GET",
    path: "/asyncapi.json",
    tag: "system",
    summary: "The description of the driver protocol",
    answers: { 200: json(answers.AnyObject, "AsyncAPI 3.0") },
    errors: [],
  },
] as const satisfies readonly Route[];

/** Every route of the API. */
export const ROUTES = [
  ...DEFINITIONS,
  ...RESOURCES,
  ...PIPELINES,
  ...RUNS,
  ...LOGS,
  ...DRIVERS,
  ...SYSTEM,
] as const;

export type RouteId = (typeof ROUTES)[number]["id"];
