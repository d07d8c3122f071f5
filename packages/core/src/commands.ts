/** Everything that can be asked of the system's state, and what each command answers. */
import type { Refusal } from "./errors.ts";
import type { Definition, JsonValue } from "./nouns/definition.ts";
import type { Session } from "./nouns/driver.ts";
import type { EventName } from "./nouns/event.ts";
import type { LogChunk, LogLine } from "./nouns/log.ts";
import type { Pipeline, PipelineContent } from "./nouns/pipeline.ts";
import type { Resource, ResourceVersion } from "./nouns/resource.ts";
import type { CancelReason, DriverResult, Run } from "./nouns/run.ts";
import type { QueueEntry } from "./store/records.ts";

interface Of<K extends string> {
  readonly kind: K;
  readonly ns: string;
  /** Who asks: a principal's name, `anonymous`, `driver:<name>` or `system`. */
  readonly actor: string;
}

/** Ids that a command needs are made by its sender, so that deciding stays pure. */
export interface CreateDefinition extends Of<"createDefinition"> {
  readonly id: string;
  readonly content: DefinitionContent;
  /** `create` refuses an existing name, `apply` takes either, `replace` needs one. */
  readonly mode: "create" | "apply" | "replace";
}

export interface DefinitionContent {
  readonly name: string;
  readonly description: string | null;
  readonly version: string | null;
  readonly schema: Definition["schema"];
}

export interface DeleteDefinition extends Of<"deleteDefinition"> {
  readonly name: string;
}

export interface PutPipeline extends Of<"putPipeline"> {
  readonly id: string;
  readonly content: PipelineContent;
  /** `replace` needs an existing one. */
  readonly mode: "apply" | "replace";
}

export interface DeletePipeline extends Of<"deletePipeline"> {
  readonly name: string;
}

export interface ResourceContent {
  readonly kind: string;
  readonly name: string;
  readonly pipeline: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly spec: JsonValue;
}

export interface CreateResource extends Of<"createResource"> {
  readonly id: string;
  readonly runId: string;
  readonly content: ResourceContent;
}

export interface UpdateResource extends Of<"updateResource"> {
  readonly runId: string;
  readonly content: ResourceContent;
  /** The version that it must be at, or null where that does not matter. */
  readonly ifVersion: number | null;
}

export interface DeleteResource extends Of<"deleteResource"> {
  readonly runId: string;
  readonly resource: string;
  readonly name: string;
  readonly force: boolean;
  /** As for an update. */
  readonly ifVersion: number | null;
}

export interface CancelRun extends Of<"cancelRun"> {
  readonly run: string;
  readonly reason: CancelReason;
}

export interface RerunRun extends Of<"rerunRun"> {
  readonly run: string;
  readonly runId: string;
}

/** A driver instance introduces itself on a new connection. */
export interface Hello extends Of<"hello"> {
  readonly driver: string;
  readonly instance: string;
  readonly bootId: string;
  readonly resources: readonly string[];
  readonly events: readonly EventName[];
  readonly concurrency: number;
  /** Leases that it still holds. */
  readonly leases: readonly LeaseName[];
}

export interface LeaseName {
  readonly token: number;
  readonly run: string;
  readonly step: string;
}

/** The connection is gone. A goodbye gives leases back at once, else they have their grace. */
export interface Disconnect extends Of<"disconnect"> {
  readonly session: string;
  readonly epoch: number;
  readonly goodbye: boolean;
}

/** The instances were heard of: their sessions, and so all their leases, live on. */
export interface Renew extends Of<"renew"> {
  readonly sessions: readonly RenewedSession[];
}

export interface RenewedSession {
  readonly id: string;
  readonly epoch: number;
  /** How long ago the instance was last heard of; left out: just now. */
  readonly silentMs?: number;
}

/** The instance finishes what it has and takes nothing new. */
export interface Drain extends Of<"drain"> {
  readonly session: string;
  readonly epoch: number;
}

export interface ForgetDriver extends Of<"forgetDriver"> {
  readonly name: string;
}

export interface AppendLines extends Of<"appendLines"> {
  readonly lease: LeaseName;
  /** Index of the first line among all lines of the lease, from 0. */
  readonly first: number;
  readonly lines: readonly LogLine[];
}

/** Lines from outside a lease, of a run that has not ended: a line, or the parts of a long one. */
export interface WriteLines extends Of<"writeLines"> {
  readonly run: string;
  readonly driver: string;
  readonly lines: readonly LogLine[];
}

export interface RecordResult extends Of<"recordResult"> {
  readonly lease: LeaseName;
  /** Number of lines the lease logged; all of them must be stored before the result is. */
  readonly lines: number;
  readonly result: DriverResult;
  /** Why it failed, where the failure is not the driver's own word. */
  readonly code: ResultCode | null;
}

export type ResultCode = "driver_error" | "result_missing" | "result_too_large" | "log_spool_full";

/** Leases what is queued to the named sessions, as far as they have free slots. */
export interface Claim extends Of<"claim"> {
  readonly sessions: readonly { readonly id: string; readonly epoch: number }[];
  /** The topics whose queues may hold entries from before this batch. */
  readonly topics: readonly Topic[];
  /** How many stored entries of a topic to look at: as many as there can be free slots. */
  readonly limit: number;
  /** Texts of the keys of entries to pass over: leasing them met a bug. */
  readonly except?: readonly string[];
}

/** What an instance can take: step runs of a driver for one event of one kind. */
export interface Topic {
  readonly driver: string;
  readonly kind: string;
  readonly event: EventName;
}

/** Does what has become due: expired sessions, timeouts, stuck handlers. */
export interface Tick extends Of<"tick"> {
  readonly limit: number;
  /** Only what was due at this time of the storage; left out: what is due when it is decided. */
  readonly until?: number;
}

/** A server starts: every session is disconnected and has a fresh time to come back. */
export interface Recover extends Of<"recover"> {}

export interface Broadcast extends Of<"broadcast"> {
  readonly message: string;
}

export type Command =
  | CreateDefinition
  | DeleteDefinition
  | PutPipeline
  | DeletePipeline
  | CreateResource
  | UpdateResource
  | DeleteResource
  | CancelRun
  | RerunRun
  | Hello
  | Disconnect
  | Renew
  | Drain
  | ForgetDriver
  | AppendLines
  | WriteLines
  | RecordResult
  | Claim
  | Tick
  | Recover
  | Broadcast;

export type CommandKind = Command["kind"];

/** What each command answers when it is accepted. */
export interface Answers {
  createDefinition: {
    readonly definition: Definition;
    readonly outcome: "created" | "changed" | "unchanged";
  };
  deleteDefinition: null;
  putPipeline: {
    readonly pipeline: Pipeline;
    readonly outcome: "created" | "changed" | "unchanged";
  };
  deletePipeline: null;
  createResource: { readonly resource: Resource; readonly run: Run | null };
  updateResource: {
    readonly resource: Resource;
    readonly version: ResourceVersion;
    /** Null when nothing changed, or the pipeline does not name the event. */
    readonly run: Run | null;
    readonly changed: boolean;
  };
  deleteResource: { readonly run: Run | null };
  cancelRun: { readonly run: Run };
  rerunRun: { readonly run: Run };
  hello: HelloAnswer;
  disconnect: null;
  renew: { readonly unknown: readonly string[] };
  drain: null;
  /** More is queued for it: send the same again; until then the driver is known. */
  forgetDriver: { readonly more: boolean };
  appendLines: { readonly received: number };
  /** `seq` of the last. */
  writeLines: { readonly seq: number };
  recordResult: { readonly state: "recorded" | "repeated" };
  claim: { readonly granted: number; readonly drained: readonly Topic[] };
  tick: { readonly more: boolean };
  recover: null;
  broadcast: null;
}

export interface HelloAnswer {
  readonly session: Session;
  /** Orphans remain: send the same hello again; until then the driver does not listen. */
  readonly more: boolean;
  /** What became of the leases that the instance named. */
  readonly leases: readonly HelloLease[];
  /** Leases of this process that it did not name: they never arrived and are sent again. */
  readonly redeliver: readonly Grant[];
}

export type HelloLease =
  | { readonly token: number; readonly state: "held"; readonly received: number }
  | {
      readonly token: number;
      readonly state: "cancelling";
      readonly received: number;
      readonly reason: CancelReason;
    }
  | { readonly token: number; readonly state: "recorded" }
  | { readonly token: number; readonly state: "lost" };

/** One delivery of a step run, to be sent to its instance. */
export interface Grant {
  readonly session: string;
  readonly epoch: number;
  readonly token: number;
  readonly run: Run;
  readonly step: string;
  readonly attempt: number;
  /** The version that the run is pinned to, where the decision had it at hand. */
  readonly version: ResourceVersion | null;
}

export type Outcome<K extends CommandKind = CommandKind> =
  | { readonly ok: true; readonly value: Answers[K] }
  | { readonly ok: false; readonly refusal: Refusal };

/** What a committed batch means for those who wait: told after the commit, never before. */
export type Effect =
  /** `waitedMs`: from when its step run was queued. */
  | { readonly kind: "granted"; readonly grant: Grant; readonly waitedMs: number }
  | {
      readonly kind: "cancel";
      readonly session: string;
      readonly token: number;
      readonly reason: CancelReason;
    }
  | { readonly kind: "revoked"; readonly session: string; readonly token: number }
  | { readonly kind: "queued"; readonly entry: QueueEntry }
  | { readonly kind: "runChanged"; readonly run: Run }
  | { readonly kind: "appended"; readonly chunk: LogChunk }
  | { readonly kind: "slotFreed"; readonly session: string; readonly token: number }
  /** The session ran out of time: what remains of its connection is to be closed. */
  | { readonly kind: "expired"; readonly session: string; readonly epoch: number };
