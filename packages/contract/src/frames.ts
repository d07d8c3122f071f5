/**
 * The driver protocol: one WebSocket from a driver instance to `/drivers/connect`, JSON text frames.
 *
 * D1 The first frame is `hello`; the server answers `welcome` or `error`.
 * D2 What the instance sends about a lease is acknowledged once it is durable (`logged`, `recorded`),
 *    or refused (`lost`, `refused`). What is not answered is sent again after a reconnect, and counts
 *    once.
 * D3 Unknown members of a frame are ignored; unknown frames end the connection.
 */
import { LOG_LEVELS, NAME_PATTERN, NAME_RULE } from "@conveyor-ci/core";
import { type Static, Type } from "typebox";
import { DriverName } from "./driver-name.ts";
import { Labels } from "./labels.ts";
import { MAX_CONCURRENCY } from "./limits.ts";
import { oneOf } from "./one-of.ts";

/** Versions of the protocol that this code speaks. */
export const PROTOCOL_VERSIONS: readonly number[] = [1];

/** The path instances connect to. */
export const CONNECT_PATH = "/drivers/connect";

const Name = Type.String({ pattern: NAME_PATTERN, description: NAME_RULE });
const Lease = Type.Integer({ minimum: 1, description: "fencing token of the lease" });
const RunId = Type.String({ minLength: 1, maxLength: 64 });

export const LineFrame = Type.Object(
  {
    timestamp: Type.String({ maxLength: 40, description: "RFC 3339, milliseconds or finer" }),
    level: oneOf(LOG_LEVELS),
    stream: Type.Optional(Type.String({ maxLength: 64 })),
    message: Type.String(),
    labels: Labels,
  },
  { $id: "Line" },
);

export const HelloFrame = Type.Object(
  {
    type: Type.Literal("hello"),
    protocol: Type.Array(Type.Integer(), { minItems: 1, maxItems: 16 }),
    features: Type.Optional(Type.Array(Type.String(), { maxItems: 64 })),
    driver: DriverName,
    resources: Type.Array(Name, { minItems: 1, maxItems: 256 }),
    events: Type.Optional(
      Type.Array(Type.String(), {
        maxItems: 4,
        description: "create, update, delete or *; none or * mean create and update",
      }),
    ),
    instance: Type.String({
      pattern: "^[\\x21-\\x2e\\x30-\\x7e]{1,253}$",
      description: "1 to 253 visible ASCII characters, no slash",
    }),
    boot: Type.String({ minLength: 1, maxLength: 64, description: "new at every process start" }),
    concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_CONCURRENCY })),
    leases: Type.Optional(
      Type.Array(Type.Object({ lease: Lease, runid: RunId, step: Name }), {
        maxItems: MAX_CONCURRENCY * 2,
        description: "leases the instance still holds, or whose result was not acknowledged",
      }),
    ),
  },
  { $id: "Hello" },
);

export const LogFrame = Type.Object(
  {
    type: Type.Literal("log"),
    lease: Lease,
    first: Type.Integer({ minimum: 0, description: "index of the first line, from 0" }),
    lines: Type.Array(LineFrame, { minItems: 1 }),
  },
  { $id: "Log" },
);

export const ProgressFrame = Type.Object(
  {
    type: Type.Literal("progress"),
    leases: Type.Array(Lease, {
      maxItems: MAX_CONCURRENCY * 2,
      description: "leases being worked on",
    }),
    lagMs: Type.Number({ minimum: 0, description: "how late the handler's event loop runs" }),
  },
  { $id: "Progress" },
);

export const ResultFrame = Type.Object(
  {
    type: Type.Literal("result"),
    lease: Lease,
    lines: Type.Integer({ minimum: 0, description: "number of lines the lease logged" }),
    success: Type.Boolean(),
    message: Type.String(),
    data: Type.Unknown({ description: "any JSON value" }),
    code: Type.Optional(
      oneOf(["driver_error", "result_missing", "result_too_large", "log_spool_full"]),
    ),
  },
  { $id: "Result" },
);

export const DrainingFrame = Type.Object(
  { type: Type.Literal("draining") },
  { $id: "Draining", description: "the instance takes no new leases" },
);

export const GoodbyeFrame = Type.Object(
  { type: Type.Literal("goodbye") },
  { $id: "Goodbye", description: "the instance stops; what it still holds is given back" },
);

export type LineFrame = Static<typeof LineFrame>;
export type HelloFrame = Static<typeof HelloFrame>;
export type LogFrame = Static<typeof LogFrame>;
export type ProgressFrame = Static<typeof ProgressFrame>;
export type ResultFrame = Static<typeof ResultFrame>;
export type DrainingFrame = Static<typeof DrainingFrame>;
export type GoodbyeFrame = Static<typeof GoodbyeFrame>;

/** What an instance sends, by `type`. */
export const INSTANCE_FRAMES = {
  hello: HelloFrame,
  log: LogFrame,
  progress: ProgressFrame,
  result: ResultFrame,
  draining: DrainingFrame,
  goodbye: GoodbyeFrame,
} as const;

export type InstanceFrame =
  | HelloFrame
  | LogFrame
  | ProgressFrame
  | ResultFrame
  | DrainingFrame
  | GoodbyeFrame;

const CancelReason = oneOf(["user", "superseded", "timeout"]);

export const WelcomeLease = Type.Object({
  lease: Lease,
  state: oneOf(["held", "cancelling", "recorded", "lost"]),
  received: Type.Optional(Type.Integer({ description: "lines that are durable" })),
  reason: Type.Optional(CancelReason),
});

export const WelcomeFrame = Type.Object(
  {
    type: Type.Literal("welcome"),
    protocol: Type.Integer(),
    features: Type.Array(Type.String()),
    limits: Type.Object({
      frameBytes: Type.Integer(),
      resultBytes: Type.Integer(),
      messageBytes: Type.Integer(),
      labels: Type.Integer({ description: "labels of a line" }),
      labelsBytes: Type.Integer({ description: "the labels of a line, as JSON" }),
    }),
    times: Type.Object({
      progressMs: Type.Integer({ description: "how often to send progress, at the least" }),
      silenceMs: Type.Integer(),
      disconnectGraceMs: Type.Integer(),
      cancelGraceMs: Type.Integer(),
    }),
    leases: Type.Array(WelcomeLease),
  },
  { $id: "Welcome" },
);

export const AssignFrame = Type.Object(
  {
    type: Type.Literal("assign"),
    lease: Lease,
    runid: RunId,
    step: Type.String(),
    attempt: Type.Integer({ minimum: 1 }),
    event: Type.String(),
    pipeline: Type.Union([Type.String(), Type.Null()]),
    resource: Type.Unknown({ description: "the resource as on the wire, at the run's version" }),
    results: Type.Record(Type.String(), Type.Unknown(), {
      description: "results of earlier steps, by step id",
    }),
  },
  { $id: "Assign" },
);

export const CancelFrame = Type.Object(
  { type: Type.Literal("cancel"), lease: Lease, reason: CancelReason },
  { $id: "Cancel" },
);

export const DrainFrame = Type.Object(
  { type: Type.Literal("drain") },
  { $id: "Drain", description: "the server stops: reconnect, and go on with what is held" },
);

export const LoggedFrame = Type.Object(
  { type: Type.Literal("logged"), lease: Lease, received: Type.Integer() },
  { $id: "Logged", description: "so many lines of the lease are durable" },
);

export const RecordedFrame = Type.Object(
  { type: Type.Literal("recorded"), lease: Lease },
  { $id: "Recorded", description: "the result is durable" },
);

export const LostFrame = Type.Object(
  { type: Type.Literal("lost"), lease: Lease, code: Type.String(), message: Type.String() },
  { $id: "Lost", description: "the lease is no longer the instance's" },
);

export const RefusedFrame = Type.Object(
  {
    type: Type.Literal("refused"),
    lease: Lease,
    code: Type.String(),
    message: Type.String(),
    received: Type.Optional(
      Type.Integer({ minimum: 0, description: "lines of the lease that are durable" }),
    ),
  },
  { $id: "Refused", description: "nothing of it counts; lines go on after those received" },
);

export const ErrorFrame = Type.Object(
  { type: Type.Literal("error"), code: Type.String(), message: Type.String() },
  { $id: "Error", description: "the connection closes after it" },
);

export type WelcomeFrame = Static<typeof WelcomeFrame>;
export type AssignFrame = Static<typeof AssignFrame>;
export type CancelFrame = Static<typeof CancelFrame>;
export type DrainFrame = Static<typeof DrainFrame>;
export type LoggedFrame = Static<typeof LoggedFrame>;
export type RecordedFrame = Static<typeof RecordedFrame>;
export type LostFrame = Static<typeof LostFrame>;
export type RefusedFrame = Static<typeof RefusedFrame>;
export type ErrorFrame = Static<typeof ErrorFrame>;

/** What a server sends, by `type`. */
export const SERVER_FRAMES = {
  welcome: WelcomeFrame,
  assign: AssignFrame,
  cancel: CancelFrame,
  drain: DrainFrame,
  logged: LoggedFrame,
  recorded: RecordedFrame,
  lost: LostFrame,
  refused: RefusedFrame,
  error: ErrorFrame,
} as const;

export type ServerFrame =
  | WelcomeFrame
  | AssignFrame
  | CancelFrame
  | DrainFrame
  | LoggedFrame
  | RecordedFrame
  | LostFrame
  | RefusedFrame
  | ErrorFrame;

/** Close codes of the driver connection, beside those of WebSocket itself. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 4400,
  instanceInUse: 4409,
  replaced: 4410,
} as const;
