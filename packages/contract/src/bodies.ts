/**
 * Bodies of requests. Members that the server owns (`id`, `status`, `revision`, …) are accepted and
 * ignored, so that what GET answers can be edited and PUT; others that are not named are refused.
 */
import {
  DURATION_PATTERN,
  DURATION_RULE,
  EVENT_NAMES,
  LOG_LEVELS,
  NAME_PATTERN,
  NAME_RULE,
} from "@conveyor-ci/core";
import { type Static, Type } from "typebox";
import { DriverName } from "./driver-name.ts";
import { Labels } from "./labels.ts";
import { oneOf } from "./one-of.ts";

const closed = { additionalProperties: false } as const;
const Name = Type.String({ pattern: NAME_PATTERN, description: NAME_RULE });
const Text = Type.Union([Type.String({ maxLength: 4_096 }), Type.Null()]);
// Not Type.Record: its pattern would let keys with line breaks pass with any value.
const Metadata = Type.Unsafe<Record<string, string>>({
  type: "object",
  propertyNames: { minLength: 1, maxLength: 253 },
  additionalProperties: { type: "string", maxLength: 65_536 },
});
const Owned = Type.Optional(Type.Unknown({ description: "owned by the server; ignored" }));

export const DefinitionBody = Type.Object(
  {
    id: Owned,
    name: Name,
    description: Type.Optional(Text),
    version: Type.Optional(Type.Union([Text, Type.Number()])),
    schema: Type.Union([Type.Object({}), Type.Boolean()]),
  },
  closed,
);
export type DefinitionBody = Static<typeof DefinitionBody>;

/** The body of PUT: the name may be left out, for the path says it. */
export const DefinitionUpdateBody = Type.Object(
  { ...DefinitionBody.properties, name: Type.Optional(Name) },
  closed,
);
export type DefinitionUpdateBody = Static<typeof DefinitionUpdateBody>;

export const ResourceBody = Type.Object(
  {
    id: Owned,
    actor: Owned,
    changedAt: Owned,
    status: Owned,
    name: Name,
    resource: Name,
    pipeline: Type.Optional(Type.Union([Name, Type.Literal(""), Type.Null()])),
    metadata: Type.Optional(Type.Union([Metadata, Type.Null()])),
    spec: Type.Unknown(),
  },
  closed,
);
export type ResourceBody = Static<typeof ResourceBody>;

/** The body of PUT: kind and name may be left out, for the path says them. */
export const ResourceUpdateBody = Type.Object(
  {
    ...ResourceBody.properties,
    name: Type.Optional(Name),
    resource: Type.Optional(Name),
  },
  closed,
);
export type ResourceUpdateBody = Static<typeof ResourceUpdateBody>;

export const PipelineStepBody = Type.Object(
  {
    id: Name,
    name: Type.Optional(Text),
    driver: DriverName,
    timeout: Type.Optional(
      Type.Union(
        [Type.String({ pattern: DURATION_PATTERN, description: DURATION_RULE }), Type.Null()],
        {
          description: "the longest one attempt may take: 500ms, 30s, 5m, 2h",
        },
      ),
    ),
    needs: Type.Optional(Type.Array(Name, { maxItems: 256 })),
  },
  closed,
);

export const PipelineBody = Type.Object(
  {
    id: Owned,
    revision: Owned,
    name: Name,
    description: Type.Optional(Text),
    version: Type.Optional(Type.Union([Text, Type.Number()])),
    resource: Name,
    events: Type.Optional(
      Type.Array(oneOf(EVENT_NAMES), {
        minItems: 1,
        maxItems: 3,
        uniqueItems: true,
      }),
    ),
    steps: Type.Array(PipelineStepBody, { maxItems: 256 }),
    metadata: Type.Optional(Type.Union([Metadata, Type.Null()])),
  },
  closed,
);
export type PipelineBody = Static<typeof PipelineBody>;

/** The body of PUT: the name may be left out, for the path says it. */
export const PipelineUpdateBody = Type.Object(
  { ...PipelineBody.properties, name: Type.Optional(Name) },
  closed,
);
export type PipelineUpdateBody = Static<typeof PipelineUpdateBody>;

export const LogBody = Type.Object(
  {
    runid: Type.String({ minLength: 1, maxLength: 64 }),
    driver: Name,
    pipeline: Owned,
    timestamp: Type.Optional(Type.String({ maxLength: 40 })),
    level: Type.Optional(oneOf(LOG_LEVELS)),
    message: Type.String(),
    labels: Type.Optional(Type.Union([Labels, Type.Null()])),
  },
  closed,
);
export type LogBody = Static<typeof LogBody>;

export const BroadcastBody = Type.Object({ message: Type.String({ maxLength: 65_536 }) }, closed);
export type BroadcastBody = Static<typeof BroadcastBody>;
