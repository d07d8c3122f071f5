/**
 * How a run moves: what ends a step run, what that sets going, and what ends the run.
 *
 * G1 Whatever changes a step run goes through here, so that its lease, its queue entry, its timers
 *    and its place in the lane follow in the same decision.
 * G2 Only admitted step runs whose needs have succeeded are queued, and of one run never two of one
 *    driver at once (promise P3).
 */
import { assertRule, type ErrorCode } from "../errors.ts";
import { withLeases } from "../nouns/driver.ts";
import type { TicketRef } from "../nouns/resource.ts";
import {
  type Attempt,
  type AttemptOutcome,
  type CancellingStep,
  type CancelReason,
  changedRun,
  type EndedStep,
  isStepEnded,
  type Lease,
  type QueuedStep,
  type Run,
  type RunEndState,
  type RunningStep,
  type StepEndState,
  type StepRun,
  withStep,
} from "../nouns/run.ts";
import { cancellingStep, endedStep, queuedStep } from "../nouns/step-states.ts";
import type { QueueEntry, Timer } from "../store/records.ts";
import { announceRun, type Context, change, namedRun, namedStep, putRun } from "./context.ts";
import { isAdmitted, isEmptyLane, leaveLane, ticketFor } from "./lane.ts";

/** How a step run ends. */
export interface StepEnd {
  readonly state: StepEndState;
  readonly code: ErrorCode | null;
  readonly message: string | null;
  readonly hasData?: boolean;
  /** Of its last attempt, where that has not ended yet. */
  readonly outcome?: AttemptOutcome;
  readonly stuck?: boolean;
}

/** The lease that may still act for a step run: a live one, or an expired one not yet replaced. */
export function leaseOf(step: StepRun): Lease | null {
  switch (step.state) {
    case "running":
    case "cancelling":
      return step.lease;
    case "queued":
      return step.former;
    case "waiting":
    case "succeeded":
    case "failed":
    case "cancelled":
    case "skipped":
    case "timed_out":
      return null;
  }
}

export function queueEntry(run: Run, step: StepRun): QueueEntry {
  return {
    driver: step.driver,
    kind: run.resource.kind,
    event: run.event,
    position: run.position,
    run: run.id,
    step: step.id,
  };
}

/** The timer that bounds a step run's last attempt, where its step has a timeout. */
export function timeoutTimer(run: Run, step: StepRun, lease: Lease): Timer | null {
  const attempt = step.attempts.at(-1);
  if (step.timeoutMs === null || attempt === undefined) return null;
  const at = lease.timeoutAt ?? attempt.startedAt + step.timeoutMs;
  return { at, run: run.id, step: step.id, token: lease.token, what: "timeout" };
}

/** How an attempt ends whose instance was lost. */
export const LOST = {
  outcome: "lost",
  code: "instance_lost",
  message: null,
  stuck: false,
} as const;

/** The last attempt ends, unless it has ended already. */
export function endAttempt(
  attempts: readonly Attempt[],
  end: Pick<Attempt, "outcome" | "code" | "message" | "stuck"> & { readonly at: number },
): readonly Attempt[] {
  const last = attempts.at(-1);
  if (last === undefined || last.finishedAt !== null) return attempts;
  const { number, token, instance, startedAt } = last;
  const { at: finishedAt, outcome, code, message, stuck } = end;
  const ended: Attempt = {
    number,
    token,
    instance,
    startedAt,
    finishedAt,
    outcome,
    code,
    message,
    stuck,
  };
  return attempts.with(-1, ended);
}

export function queueStep(ctx: Context, at: { run: string; step: string }, former: Lease | null) {
  const { run, step } = namedStep(ctx, at);
  const queued = queuedStep(step, { since: ctx.now, former });
  putRun(ctx, withStep(run, queued));
  const entry = queueEntry(run, queued);
  ctx.view.insert(ctx.keys.queue(entry), entry);
  ctx.effects.push({ kind: "queued", entry });
}

/** The holder of an expired lease may no longer come back: its attempt is over. */
export function dropFormer(ctx: Context, of: { run: Run; step: QueuedStep; lease: Lease }): void {
  const { run, step, lease } = of;
  const attempts = endAttempt(step.attempts, { ...LOST, at: ctx.now });
  const { since } = step;
  putRun(ctx, withStep(run, queuedStep({ ...step, attempts }, { since, former: null })));
  ctx.effects.push({ kind: "revoked", session: lease.session, token: lease.token });
}

/** Takes a lease off its session, which thereby has a free slot. */
export function dropLease(ctx: Context, lease: Lease): void {
  const session = ctx.view.get(ctx.keys.session(lease.session));
  if (session === undefined) return;
  const leases = session.leases.filter(({ token }) => token !== lease.token);
  if (leases.length === session.leases.length) return;
  ctx.view.put(ctx.keys.session(lease.session), withLeases(session, leases));
  ctx.effects.push({ kind: "slotFreed", session: session.id, token: lease.token });
}

/** Ends a step run and sets going what its end allows. */
export function endStep(ctx: Context, at: { run: string; step: string }, end: StepEnd): void {
  const { run, step } = namedStep(ctx, at);
  assertRule(!isStepEnded(step), "a step run ends once");
  const lease = leaseOf(step);
  if (lease !== null) {
    dropLease(ctx, lease);
    const timer = timeoutTimer(run, step, lease);
    if (timer !== null) ctx.view.delete(ctx.keys.timer(timer));
  }
  if (step.state === "queued") ctx.view.delete(ctx.keys.queue(queueEntry(run, step)));
  if (step.state === "cancelling") ctx.view.delete(ctx.keys.timer(stuckTimer(ctx, run, step)));
  const { outcome = null, stuck = false, hasData = false, code, message, state } = end;
  const ended = endedStep(step, {
    attempts: endAttempt(step.attempts, { outcome, code, message, stuck, at: ctx.now }),
    state,
    finishedAt: ctx.now,
    code,
    message,
    hasData,
  });
  const next = putRun(ctx, withStep(run, ended));
  if (step.ticket !== null) admit(ctx, leaveLane(ctx, { run: run.id, step: step.id }));
  settle(ctx, next.id);
}

/** Tells a running step run to stop; it ends when its handler does, or is given up as stuck. */
export function cancelStep(
  ctx: Context,
  at: { run: string; step: string },
  reason: CancelReason,
): void {
  const { run, step } = namedStep(ctx, at);
  assertRule(step.state === "running", "only a running step run is told to stop");
  const { lease } = step;
  const cancelling = cancellingStep(step, { reason, since: ctx.now });
  putRun(ctx, withStep(run, cancelling));
  const timer = stuckTimer(ctx, run, cancelling);
  ctx.view.insert(ctx.keys.timer(timer), timer);
  ctx.effects.push({ kind: "cancel", session: lease.session, token: lease.token, reason });
}

function stuckTimer(ctx: Context, run: Run, step: CancellingStep) {
  const at = step.lease.stuckAt ?? step.since + ctx.rules.limits.cancelGraceMs;
  const token = step.lease.token;
  return { at, run: run.id, step: step.id, token, what: "stuck" } as const satisfies Timer;
}

/** Gives the holder of a lease until a later time to end (G1). */
export function postpone(
  ctx: Context,
  at: { run: string; step: string },
  to: Pick<Lease, "timeoutAt" | "stuckAt">,
): void {
  const { run, step } = namedStep(ctx, at);
  assertRule(step.state === "running" || step.state === "cancelling", "somebody works on it");
  const postponed = { ...step, lease: { ...step.lease, ...to } };
  putRun(ctx, withStep(run, postponed));
  const before = endingTimer(ctx, run, step);
  const after = endingTimer(ctx, run, postponed);
  if (before === null || after === null || before.at === after.at) return;
  ctx.view.delete(ctx.keys.timer(before));
  ctx.view.insert(ctx.keys.timer(after), after);
}

/** The timer that ends what the holder of a lease does. */
function endingTimer(ctx: Context, run: Run, step: RunningStep | CancellingStep): Timer | null {
  if (step.state === "cancelling") return stuckTimer(ctx, run, step);
  return timeoutTimer(run, step, step.lease);
}

/** How a step run that was told to stop ends. */
export function endOfCancelling(reason: CancelReason): Pick<StepEnd, "state" | "outcome" | "code"> {
  return reason === "timeout"
    ? { state: "timed_out", outcome: "timed_out", code: "step_timeout" }
    : { state: "cancelled", outcome: "cancelled", code: null };
}

/** Queues what has been admitted to the heads of its lanes. */
export function admit(ctx: Context, refs: readonly TicketRef[]): void {
  for (const ref of refs) settle(ctx, ref.run);
}

/** The step runs that must have succeeded before this one. */
function neededFor(run: Run, step: StepRun): readonly StepRun[] {
  return run.steps.filter(({ id }) => step.needs.includes(id));
}

function needsFailed(run: Run, step: StepRun): StepRun | undefined {
  return neededFor(run, step).find((need) => isStepEnded(need) && need.state !== "succeeded");
}

function isReady(run: Run, step: StepRun): boolean {
  const isActive = (other: StepRun): boolean => !isStepEnded(other) && other.state !== "waiting";
  return (
    isAdmitted(ticketFor(run, step.id)) &&
    neededFor(run, step).every(({ state }) => state === "succeeded") &&
    !run.steps.some((other) => other.driver === step.driver && isActive(other))
  );
}

function skipped(
  step: StepRun,
  at: number,
  cause: { code: ErrorCode; message: string },
): EndedStep {
  const { attempts } = step;
  return endedStep(step, { attempts, state: "skipped", finishedAt: at, hasData: false, ...cause });
}

/** Skips what can no longer run, queues what can run now, and ends the run when all has ended. */
export function settle(ctx: Context, id: string): void {
  let run = namedRun(ctx, id);
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const step of run.steps) {
      if (step.state !== "waiting") continue;
      const failed = needsFailed(run, step);
      if (failed !== undefined) {
        const message = `step ${failed.id} ${failed.state.replace("_", " ")}`;
        run = putRun(
          ctx,
          withStep(run, skipped(step, ctx.now, { code: "needs_not_met", message })),
        );
        isChanged = true;
      } else if (run.state !== "cancelling" && isReady(run, step)) {
        queueStep(ctx, { run: id, step: step.id }, null);
        run = namedRun(ctx, id);
      }
    }
  }
  if (run.steps.length > 0 && run.steps.every(isStepEnded)) endRun(ctx, run);
}

/** The state that the ended step runs of a run add up to. */
export function runEndState(run: Run): RunEndState {
  if (run.state === "cancelling") return "cancelled";
  const has = (state: StepEndState): boolean => run.steps.some((step) => step.state === state);
  if (has("failed")) return "failed";
  if (has("timed_out")) return "timed_out";
  return has("cancelled") || has("skipped") ? "cancelled" : "succeeded";
}

export function endRun(ctx: Context, run: Run): void {
  const ended = putRun(ctx, changedRun(run, { state: runEndState(run), finishedAt: ctx.now }));
  announceRun(ctx, ended);
  finishDeletion(ctx, ended);
  if (run.ticket !== null) admit(ctx, leaveLane(ctx, { run: run.id, step: null }));
  if (run.state === "cancelling" || run.event === "delete") removeDeleted(ctx, run.resource);
}

/** Removes what stands of a deleted resource once nothing is under way in its lane. */
export function removeDeleted(ctx: Context, at: { kind: string; name: string }): void {
  const key = ctx.keys.resource(at);
  const resource = ctx.view.get(key);
  if (resource?.phase === "deleted" && isEmptyLane(ctx, resource.lane)) ctx.view.delete(key);
}

/** A delete run that succeeds takes its resource away. */
function finishDeletion(ctx: Context, run: Run): void {
  if (run.event !== "delete" || run.state !== "succeeded") return;
  const { kind, name, id } = run.resource;
  const key = ctx.keys.resource({ kind, name });
  const resource = ctx.view.get(key);
  assertRule(resource?.id === id, "a resource stands until its delete run has succeeded");
  ctx.view.put(key, { ...resource, phase: "deleted" });
  change(ctx, { noun: "resource", name, kind, run: run.id, what: "deleted" });
}
