/**
 * Schemas of what the HTTP API answers with, for its description. The types stand in wire.ts, and a
 * test holds the two equal.
 */
import {
  ERRORS,
  type ErrorCode,
  EVENT_NAMES,
  type JsonValue,
  LOG_LEVELS,
  RUN_STATES,
  STEP_STATES,
} from "@conveyor-ci/core";
import { type TSchema, Type } from "typebox";
import { oneOf } from "./one-of.ts";

const Text = Type.String();
const Time = Type.String({ format: "date-time" });
const Json = Type.Unsafe<JsonValue>({ description: "any JSON value" });
const Metadata = Type.Record(Text, Text);
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema);

export const AnyObject = Type.Object({}, { $id: "AnyObject", additionalProperties: true });
export const Message = Type.Object({ message: Text }, { $id: "Message" });
export const Health = Type.Object({ status: Text }, { $id: "Health" });
export const Root = Type.Object({ name: Text, version: Text, docs: Text }, { $id: "Root" });

export const Definition = Type.Object(
  {
    id: Text,
    name: Text,
    description: optional(Text),
    version: optional(Text),
    schema: Json,
  },
  { $id: "Definition" },
);

const result = { success: Type.Boolean(), message: Text };

const Phase = {
  ...oneOf([...RUN_STATES, "deleting", "deletion_failed", "idle"]),
  description:
    "the state of `run`, the newest; `deleting` while its delete run goes on, `deletion_failed` when that did not succeed: DELETE again; `idle` without a run",
};

export const Resource = Type.Object(
  {
    id: Text,
    name: Text,
    pipeline: optional(Text),
    resource: Type.String({ description: "the kind" }),
    metadata: Metadata,
    spec: Json,
    actor: Type.String({ description: "who made this version" }),
    changedAt: Type.String({
      format: "date-time",
      description: "when this version was accepted",
    }),
    status: Type.Object({
      phase: Phase,
      run: nullable(Text),
      results: Type.Record(Text, Type.Object({ driver: Text, ...result, data: Json })),
    }),
  },
  { $id: "Resource" },
);

export const Created = Type.Object(
  { message: Text, name: Text, runid: nullable(Text), version: Text },
  { $id: "Created" },
);

export const Pipeline = Type.Object(
  {
    id: Text,
    name: Text,
    description: optional(Text),
    version: optional(Text),
    resource: Text,
    events: Type.Array(oneOf(EVENT_NAMES)),
    steps: Type.Array(
      Type.Object({
        id: Text,
        name: optional(Text),
        driver: Text,
        timeout: optional(Text),
        needs: optional(Type.Array(Text)),
      }),
    ),
    metadata: Metadata,
    revision: Type.Integer(),
  },
  { $id: "Pipeline" },
);

const Why = Type.Object(
  { code: Text, message: Text, hint: optional(Text), since: Time },
  { $id: "Why" },
);

const Attempt = Type.Object({
  number: Type.Integer(),
  instance: Text,
  startedAt: Time,
  finishedAt: nullable(Time),
  outcome: nullable(oneOf(["succeeded", "failed", "lost", "cancelled", "timed_out"])),
  code: optional(Text),
  message: optional(Text),
  stuck: optional(Type.Literal(true)),
});

export const Run = Type.Object(
  {
    id: Text,
    state: oneOf(RUN_STATES),
    event: oneOf(EVENT_NAMES),
    resource: Type.Object({ kind: Text, name: Text, version: Text }),
    pipeline: nullable(Type.Object({ name: Text, revision: Type.Integer() })),
    parent: nullable(Text),
    actor: Text,
    createdAt: Time,
    startedAt: nullable(Time),
    finishedAt: nullable(Time),
    steps: Type.Array(
      Type.Object({
        id: Text,
        name: optional(Text),
        driver: Text,
        state: oneOf(STEP_STATES),
        code: optional(Text),
        message: optional(Text),
        result: nullable(Type.Object({ ...result, data: optional(Json) })),
        why: optional(Type.Array(Why)),
        attempts: Type.Array(Attempt),
      }),
    ),
    why: Type.Array(Why),
  },
  { $id: "Run" },
);

export const Rerun = Type.Object({ runid: Text, parent: Text }, { $id: "Rerun" });

export const LogLine = Type.Object(
  {
    seq: Type.Integer({ minimum: 1 }),
    runid: Text,
    driver: Text,
    pipeline: nullable(Text),
    step: Text,
    attempt: Type.Integer(),
    timestamp: Time,
    level: oneOf(LOG_LEVELS),
    stream: optional(Text),
    message: Text,
    labels: Metadata,
  },
  { $id: "LogLine" },
);
export const LogLines = Type.Array(LogLine, { $id: "LogLines" });

export const Driver = Type.Object(
  {
    name: Text,
    resources: Type.Array(Text),
    events: Type.Array(oneOf(EVENT_NAMES)),
    firstSeenAt: Time,
    lastSeenAt: Time,
    queued: Type.Integer(),
    instances: Type.Array(
      Type.Object({
        instance: Text,
        connected: Type.Boolean(),
        draining: Type.Boolean(),
        concurrency: Type.Integer(),
        running: Type.Integer(),
        connectedAt: Time,
        lastSeenAt: Time,
        lagMs: nullable(Type.Number()),
      }),
    ),
  },
  { $id: "Driver" },
);

export const Change = Type.Object(
  {
    position: Type.Integer(),
    at: Time,
    noun: Text,
    name: Text,
    kind: optional(Text),
    run: optional(Text),
    what: Text,
    actor: Text,
  },
  { $id: "Change" },
);

/** One page of a list. */
export function listOf<T extends TSchema>(item: T) {
  return Type.Object({
    items: Type.Array(item),
    next: nullable(Type.String({ description: "give it back as `cursor`; null on the last page" })),
  });
}

export const Problem = Type.Object(
  {
    type: Text,
    title: Text,
    status: Type.Integer(),
    detail: Text,
    code: oneOf(Object.keys(ERRORS) as ErrorCode[]),
    error: Type.String({ description: "the same as `detail`" }),
    hint: optional(Text),
    issues: optional(Type.Array(Type.Object({ path: Text, rule: Text, message: Text }))),
    requestId: Text,
  },
  { $id: "Problem" },
);
