/** Query strings. All values arrive as text; numbers and booleans are read from it. */
import { LOG_LEVELS, NAME_PATTERN, NAME_RULE, RUN_STATES } from "@conveyor-ci/core";
import { type Static, Type } from "typebox";
import { DEFAULT_LIMIT, MAX_LIMIT } from "./limits.ts";
import { oneOf } from "./one-of.ts";

const closed = { additionalProperties: false } as const;
const Name = Type.String({ pattern: NAME_PATTERN, description: NAME_RULE });
const Cursor = Type.String({ minLength: 1, maxLength: 4_096, description: "`next` of a page" });
const Limit = Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT });
const Position = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Time = Type.String({ minLength: 1, maxLength: 40, description: "RFC 3339" });
const page = { cursor: Type.Optional(Cursor), limit: Type.Optional(Limit) };

/** Members of a query whose name begins so select by label. */
export const LABEL_PREFIX = "label.";

const labels = {
  ...closed,
  patternProperties: {
    "^label\\..": { type: "string", title: "label.<name>", description: "lines with this label" },
  },
} as const;

export const PageQuery = Type.Object(page, closed);
export type PageQuery = Static<typeof PageQuery>;

export const ResourcesQuery = Type.Object(
  {
    ...page,
    selector: Type.Optional(
      Type.String({
        maxLength: 4_096,
        description: "metadata entries that must be there, such as `team=web,stage=live`",
      }),
    ),
  },
  closed,
);
export type ResourcesQuery = Static<typeof ResourcesQuery>;

export const DeleteResourceQuery = Type.Object({ force: Type.Optional(Type.Boolean()) }, closed);
export type DeleteResourceQuery = Static<typeof DeleteResourceQuery>;

export const RunsQuery = Type.Object(
  {
    ...page,
    resource: Type.Optional(Name),
    name: Type.Optional(Name),
    pipeline: Type.Optional(Name),
    driver: Type.Optional(Name),
    state: Type.Optional(oneOf(RUN_STATES)),
  },
  closed,
);
export type RunsQuery = Static<typeof RunsQuery>;

export const LogsQuery = Type.Object(
  {
    runid: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    driver: Type.Optional(Name),
    pipeline: Type.Optional(Name),
    step: Type.Optional(Name),
    level: Type.Optional(oneOf(LOG_LEVELS)),
    since: Type.Optional(Time),
    until: Type.Optional(Time),
    after: Type.Optional(Position),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    q: Type.Optional(Type.String({ maxLength: 1_024, description: "a part of the message" })),
  },
  labels,
);
export type LogsQuery = Static<typeof LogsQuery>;

export const FollowQuery = Type.Object({ after: Type.Optional(Position) }, closed);
export type FollowQuery = Static<typeof FollowQuery>;

export const ChangesQuery = Type.Object(
  {
    after: Type.Optional(Position),
    cursor: Type.Optional(Cursor),
    limit: Type.Optional(Limit),
  },
  closed,
);
export type ChangesQuery = Static<typeof ChangesQuery>;
