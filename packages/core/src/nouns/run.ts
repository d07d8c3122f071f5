/**
 * A run and its step runs.
 *
 * R1 A state holds only the facts that are true in it.
 * R2 A run in an end state never changes, but for the tickets by which those behind it find who is
 *    ahead.
 * R3 A step run in `running` or `cancelling` has exactly one lease, held by its last attempt.
 */
import type { JsonValue } from "./definition.ts";
import type { EventName } from "./event.ts";
import type { Ticket } from "./resource.ts";

export type RunEndState = "succeeded" | "failed" | "cancelled" | "timed_out";
export type RunState = "pending" | "running" | "cancelling" | RunEndState;

export const RUN_STATES: readonly RunState[] = [
  "pending",
  "running",
  "cancelling",
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
];

export interface Run {
  readonly id: string;
  /** Order of acceptance, growing. */
  readonly position: number;
  readonly state: RunState;
  readonly event: EventName;
  readonly resource: RunResource;
  readonly pipeline: RunPipeline | null;
  readonly parent: string | null;
  readonly actor: string;
  /**
   * Of the run as a whole with a pipeline; null without one, where each step run has its own. A run
   * that nobody listened to has one while a pipeline's run waits for it.
   */
  readonly ticket: Ticket | null;
  readonly steps: readonly StepRun[];
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

export interface RunResource {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly version: number;
}

/** The revision that the run follows; `id` tells apart pipelines that had the name in turn. */
export interface RunPipeline {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
}

/** The right of an instance to finish one attempt. */
export interface Lease {
  /** Fencing token; grows with every grant in the whole system. */
  readonly token: number;
  readonly session: string;
  /** When its time is over instead, because its holder was away when it was over. */
  readonly timeoutAt?: number;
  /** When its holder is given up instead, because it was away and may not have heard. */
  readonly stuckAt?: number;
}

export type CancelReason = "user" | "superseded" | "timeout";

export type StepEndState = "succeeded" | "failed" | "cancelled" | "skipped" | "timed_out";

export interface StepRunBase {
  readonly id: string;
  readonly name: string | null;
  readonly driver: string;
  readonly needs: readonly string[];
  readonly timeoutMs: number | null;
  readonly ticket: Ticket | null;
  readonly attempts: readonly Attempt[];
}

export interface WaitingStep extends StepRunBase {
  readonly state: "waiting";
}

export interface QueuedStep extends StepRunBase {
  readonly state: "queued";
  readonly since: number;
  /** A lease that expired: its holder may still come back until a newer grant. */
  readonly former: Lease | null;
}

export interface RunningStep extends StepRunBase {
  readonly state: "running";
  readonly lease: Lease;
}

export interface CancellingStep extends StepRunBase {
  readonly state: "cancelling";
  readonly lease: Lease;
  readonly reason: CancelReason;
  readonly since: number;
}

export interface EndedStep extends StepRunBase {
  readonly state: StepEndState;
  readonly finishedAt: number;
  readonly code: string | null;
  readonly message: string | null;
  /** Whether the driver's result has data, kept as a record of its own. */
  readonly hasData: boolean;
}

export type StepRun = WaitingStep | QueuedStep | RunningStep | CancellingStep | EndedStep;
export type StepState = StepRun["state"];

export const STEP_STATES: readonly StepState[] = [
  "waiting",
  "queued",
  "running",
  "cancelling",
  "succeeded",
  "failed",
  "cancelled",
  "skipped",
  "timed_out",
];

export type AttemptOutcome = "succeeded" | "failed" | "lost" | "cancelled" | "timed_out";

/** One delivery of a step run to an instance. */
export interface Attempt {
  readonly number: number;
  readonly token: number;
  readonly instance: string;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly outcome: AttemptOutcome | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly stuck: boolean;
}

/** What a driver returned. */
export interface DriverResult {
  readonly success: boolean;
  readonly message: string;
  readonly data: JsonValue;
}

/** The data of a step run's result, apart from the run because it can be large. */
export interface StepData {
  readonly run: string;
  readonly step: string;
  readonly data: JsonValue;
}

export function isRunEnded(state: RunState): state is RunEndState {
  return (
    state === "succeeded" || state === "failed" || state === "cancelled" || state === "timed_out"
  );
}

export function isStepEnded(step: StepRun): step is EndedStep {
  switch (step.state) {
    case "waiting":
    case "queued":
    case "running":
    case "cancelling":
      return false;
    case "succeeded":
    case "failed":
    case "cancelled":
    case "skipped":
    case "timed_out":
      return true;
  }
}

/** The step run of that id, if the run has it. */
export function stepOf(run: Run, id: string): StepRun | undefined {
  return run.steps.find((step) => step.id === id);
}

/** What changes in a run after it was made. */
export type RunChange = Partial<
  Pick<Run, "state" | "ticket" | "steps" | "startedAt" | "finishedAt">
>;

/** The run with some of it changed; written out as step runs are (step-states). */
export function changedRun(run: Run, change: RunChange): Run {
  return {
    id: run.id,
    position: run.position,
    state: change.state ?? run.state,
    event: run.event,
    resource: run.resource,
    pipeline: run.pipeline,
    parent: run.parent,
    actor: run.actor,
    ticket: change.ticket === undefined ? run.ticket : change.ticket,
    steps: change.steps ?? run.steps,
    createdAt: run.createdAt,
    startedAt: change.startedAt ?? run.startedAt,
    finishedAt: change.finishedAt ?? run.finishedAt,
  };
}

/** The run with one step run in place of the one of the same id. */
export function withStep(run: Run, step: StepRun, change: Omit<RunChange, "steps"> = {}): Run {
  const steps = run.steps.map((other) => (other.id === step.id ? step : other));
  return changedRun(run, { ...change, steps });
}
