/**
 * The states of a step run, each made in one place.
 *
 * Decisions copy runs and step runs all the time. They are written out field by field, so that all of
 * one state have one shape: the engine makes and reads those several times faster than the many
 * shapes that spreads leave behind.
 */
import type { Ticket } from "./resource.ts";
import type {
  Attempt,
  CancellingStep,
  CancelReason,
  EndedStep,
  Lease,
  QueuedStep,
  RunningStep,
  StepRunBase,
  WaitingStep,
} from "./run.ts";

/** As it is made: nothing of it has been delivered yet. */
export function waitingStep(
  base: Omit<StepRunBase, "ticket" | "attempts">,
  ticket: Ticket | null = null,
): WaitingStep {
  const { id, name, driver, needs, timeoutMs } = base;
  return { id, name, driver, needs, timeoutMs, ticket, attempts: [], state: "waiting" };
}

export function queuedStep(
  base: StepRunBase,
  { since, former }: Pick<QueuedStep, "since" | "former">,
): QueuedStep {
  const { id, name, driver, needs, timeoutMs, ticket, attempts } = base;
  return { id, name, driver, needs, timeoutMs, ticket, attempts, state: "queued", since, former };
}

export function runningStep(
  base: StepRunBase,
  { lease, attempts }: { readonly lease: Lease; readonly attempts: readonly Attempt[] },
): RunningStep {
  const { id, name, driver, needs, timeoutMs, ticket } = base;
  return { id, name, driver, needs, timeoutMs, ticket, attempts, state: "running", lease };
}

export function cancellingStep(
  step: RunningStep,
  { reason, since }: { readonly reason: CancelReason; readonly since: number },
): CancellingStep {
  const { id, name, driver, needs, timeoutMs, ticket, attempts, lease } = step;
  return {
    id,
    name,
    driver,
    needs,
    timeoutMs,
    ticket,
    attempts,
    state: "cancelling",
    lease,
    reason,
    since,
  };
}

export function endedStep(
  base: StepRunBase,
  end: Pick<EndedStep, "attempts" | "state" | "finishedAt" | "code" | "message" | "hasData">,
): EndedStep {
  const { id, name, driver, needs, timeoutMs, ticket } = base;
  const { attempts, state, finishedAt, code, message, hasData } = end;
  return {
    id,
    name,
    driver,
    needs,
    timeoutMs,
    ticket,
    attempts,
    state,
    finishedAt,
    code,
    message,
    hasData,
  };
}
