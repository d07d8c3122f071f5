/** What the HTTP API answers with. */
import type {
  AttemptOutcome,
  ErrorCode,
  EventName,
  Issue,
  JsonValue,
  LogLevel,
  RunState,
  StepState,
} from "@conveyor-ci/core";

export interface WireDefinition {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly version?: string;
  readonly schema: JsonValue;
}

export interface WireResource {
  readonly id: string;
  readonly name: string;
  readonly pipeline?: string;
  /** The kind. */
  readonly resource: string;
  /** The user's entries, `version`, and `driverresults.<driver>` with the result as JSON text. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly spec: JsonValue;
  /** Who made this version. */
  readonly actor: string;
  /** When this version was accepted. */
  readonly changedAt: string;
  readonly status: WireResourceStatus;
}

export interface WireResourceStatus {
  /**
   * `pending`, `running`, … of the newest run; `deleting` while its delete run goes on, and
   * `deletion_failed` when that did not succeed; `idle` where there was no run.
   */
  readonly phase: RunState | "deleting" | "deletion_failed" | "idle";
  /** The newest run. */
  readonly run: string | null;
  /** Results of that run by step. */
  readonly results: Readonly<Record<string, WireStepResult>>;
}

export interface WireStepResult extends WireResult {
  readonly driver: string;
}

export interface WireResult {
  readonly success: boolean;
  readonly message: string;
  readonly data: JsonValue;
}

export interface WirePipelineStep {
  readonly id: string;
  readonly name?: string;
  readonly driver: string;
  readonly timeout?: string;
  readonly needs?: readonly string[];
}

export interface WirePipeline {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly version?: string;
  readonly resource: string;
  readonly events: readonly EventName[];
  readonly steps: readonly WirePipelineStep[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly revision: number;
}

export interface WireWhy {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly since: string;
}

export interface WireAttempt {
  readonly number: number;
  readonly instance: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly outcome: AttemptOutcome | null;
  readonly code?: string;
  readonly message?: string;
  readonly stuck?: true;
}

export interface WireStepRun {
  readonly id: string;
  readonly name?: string;
  readonly driver: string;
  readonly state: StepState;
  readonly code?: string;
  readonly message?: string;
  /** Null until the driver has answered; lists leave out its `data`. */
  readonly result: (Omit<WireResult, "data"> & { readonly data?: JsonValue }) | null;
  readonly why?: readonly WireWhy[];
  readonly attempts: readonly WireAttempt[];
}

export interface WireRun {
  readonly id: string;
  readonly state: RunState;
  readonly event: EventName;
  readonly resource: { readonly kind: string; readonly name: string; readonly version: string };
  readonly pipeline: { readonly name: string; readonly revision: number } | null;
  readonly parent: string | null;
  readonly actor: string;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly steps: readonly WireStepRun[];
  readonly why: readonly WireWhy[];
}

export interface WireLogLine {
  readonly seq: number;
  readonly runid: string;
  readonly driver: string;
  readonly pipeline: string | null;
  readonly step: string;
  readonly attempt: number;
  readonly timestamp: string;
  readonly level: LogLevel;
  readonly stream?: string;
  readonly message: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The last frame or event of a log stream. */
export interface WireLogEnd {
  readonly event: "end";
  readonly runid: string;
  readonly state: RunState;
}

/** Answer of `POST /resources/`. */
export interface WireCreated {
  readonly message: string;
  readonly name: string;
  readonly runid: string | null;
  readonly version: string;
}

export interface WireInstance {
  readonly instance: string;
  readonly connected: boolean;
  readonly draining: boolean;
  readonly concurrency: number;
  readonly running: number;
  readonly connectedAt: string;
  readonly lastSeenAt: string;
  /** How late the handler's event loop last ran, in milliseconds; null when not known here. */
  readonly lagMs: number | null;
}

export interface WireDriver {
  readonly name: string;
  readonly resources: readonly string[];
  readonly events: readonly EventName[];
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly queued: number;
  readonly instances: readonly WireInstance[];
}

export interface WireChange {
  readonly position: number;
  readonly at: string;
  readonly noun: string;
  readonly name: string;
  readonly kind?: string;
  readonly run?: string;
  readonly what: string;
  readonly actor: string;
}

export interface WireList<T> {
  readonly items: readonly T[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly next: string | null;
}

/** An error of the HTTP API: a problem document (RFC 9457). */
export interface WireProblem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  /** The same as `detail`, under the name that older clients read. */
  readonly error: string;
  readonly hint?: string;
  readonly issues?: readonly Issue[];
  readonly requestId: string;
}
