/**
 * A run as a row: what lists look for stands in columns, the rest is one JSON array of values without
 * names. A run is written at least twice and is most of what a commit writes, so its length counts: as
 * an object of named members it would be three times as long.
 *
 * A new value goes to the end of its array; a row that was written before lacks it.
 */
import {
  type Attempt,
  type EndedStep,
  isStepEnded,
  type Lease,
  type Run,
  type RunState,
  type StepRun,
  type StepRunBase,
  type StepState,
  type Ticket,
  type TicketRef,
} from "@conveyor-ci/core";

/** The columns that `runFromRow` needs, of `run` or an alias of it. */
export const RUN_COLUMNS = ["position", "id", "kind", "name", "pipeline", "state", "doc"] as const;

export interface RunRow {
  readonly position: number;
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly pipeline: string | null;
  readonly state: RunState;
  readonly doc: string;
}

type StoredRef = readonly [run: string, step: string | null];
type StoredTicket = readonly [waitsFor: readonly StoredRef[], blocks: readonly StoredRef[]];
type StoredLease = readonly [
  token: number,
  session: string,
  timeoutAt?: number | null,
  stuckAt?: number | null,
];
type StoredAttempt = readonly [
  number: number,
  token: number,
  instance: string,
  startedAt: number,
  finishedAt: number | null,
  outcome: Attempt["outcome"],
  code: string | null,
  message: string | null,
  stuck: boolean,
];
type StoredStep = readonly [
  id: string,
  name: string | null,
  driver: string,
  needs: readonly string[],
  timeoutMs: number | null,
  ticket: StoredTicket | null,
  attempts: readonly StoredAttempt[],
  state: StepState,
  /** What is true in that state. */
  facts: readonly unknown[],
];
type StoredRun = readonly [
  event: Run["event"],
  resource: string,
  version: number,
  pipeline: string | null,
  revision: number | null,
  parent: string | null,
  actor: string,
  ticket: StoredTicket | null,
  createdAt: number,
  startedAt: number | null,
  finishedAt: number | null,
  steps: readonly StoredStep[],
];

export function docOfRun(run: Run): string {
  const stored: StoredRun = [
    run.event,
    run.resource.id,
    run.resource.version,
    run.pipeline?.id ?? null,
    run.pipeline?.revision ?? null,
    run.parent,
    run.actor,
    storedTicket(run.ticket),
    run.createdAt,
    run.startedAt,
    run.finishedAt,
    run.steps.map(storedStep),
  ];
  return JSON.stringify(stored);
}

export function runFromRow(row: RunRow): Run {
  const stored = JSON.parse(row.doc) as StoredRun;
  const [event, resource, version, pipelineId, revision, parent, actor, ticket] = stored;
  const [, , , , , , , , createdAt, startedAt, finishedAt, steps] = stored;
  const { position, id, kind, name, state, pipeline } = row;
  return {
    id,
    position,
    state,
    event,
    resource: { id: resource, kind, name, version },
    pipeline:
      pipeline === null || pipelineId === null || revision === null
        ? null
        : { id: pipelineId, name: pipeline, revision },
    parent,
    actor,
    ticket: ticketFrom(ticket),
    steps: steps.map(stepFrom),
    createdAt,
    startedAt,
    finishedAt,
  };
}

function storedRef({ run, step }: TicketRef): StoredRef {
  return [run, step];
}

function storedTicket(ticket: Ticket | null): StoredTicket | null {
  return ticket === null ? null : [ticket.waitsFor.map(storedRef), ticket.blocks.map(storedRef)];
}

function storedAttempt(attempt: Attempt): StoredAttempt {
  const { number, token, instance, startedAt, finishedAt, outcome, code, message, stuck } = attempt;
  return [number, token, instance, startedAt, finishedAt, outcome, code, message, stuck];
}

function storedStep(step: StepRun): StoredStep {
  const { id, name, driver, needs, timeoutMs, ticket, attempts, state } = step;
  const kept = attempts.map(storedAttempt);
  return [id, name, driver, needs, timeoutMs, storedTicket(ticket), kept, state, factsOf(step)];
}

function storedLease({ token, session, timeoutAt, stuckAt }: Lease): StoredLease {
  if (timeoutAt === undefined && stuckAt === undefined) return [token, session];
  return [token, session, timeoutAt ?? null, stuckAt ?? null];
}

function factsOf(step: StepRun): readonly unknown[] {
  if (isStepEnded(step)) return [step.finishedAt, step.code, step.message, step.hasData];
  switch (step.state) {
    case "waiting":
      return [];
    case "queued":
      return [step.since, step.former === null ? null : storedLease(step.former)];
    case "running":
      return [storedLease(step.lease)];
    case "cancelling":
      return [storedLease(step.lease), step.reason, step.since];
  }
}

function refFrom([run, step]: StoredRef): TicketRef {
  return { run, step };
}

function ticketFrom(stored: StoredTicket | null): Ticket | null {
  if (stored === null) return null;
  const [waitsFor, blocks] = stored;
  return { waitsFor: waitsFor.map(refFrom), blocks: blocks.map(refFrom) };
}

function leaseFrom([token, session, timeoutAt, stuckAt]: StoredLease): Lease {
  return {
    token,
    session,
    ...(typeof timeoutAt === "number" ? { timeoutAt } : {}),
    ...(typeof stuckAt === "number" ? { stuckAt } : {}),
  };
}

function attemptFrom(stored: StoredAttempt): Attempt {
  const [number, token, instance, startedAt, finishedAt, outcome, code, message, stuck] = stored;
  return { number, token, instance, startedAt, finishedAt, outcome, code, message, stuck };
}

function stepFrom(stored: StoredStep): StepRun {
  const [id, name, driver, needs, timeoutMs, ticket, attempts, state, facts] = stored;
  const base: StepRunBase = {
    id,
    name,
    driver,
    needs,
    timeoutMs,
    ticket: ticketFrom(ticket),
    attempts: attempts.map(attemptFrom),
  };
  switch (state) {
    case "waiting":
      return { ...base, state };
    case "queued": {
      const [since, former] = facts as readonly [number, StoredLease | null];
      return { ...base, state, since, former: former === null ? null : leaseFrom(former) };
    }
    case "running": {
      const [lease] = facts as readonly [StoredLease];
      return { ...base, state, lease: leaseFrom(lease) };
    }
    case "cancelling": {
      const [lease, reason, since] = facts as readonly [
        StoredLease,
        Extract<StepRun, { state: "cancelling" }>["reason"],
        number,
      ];
      return { ...base, state, lease: leaseFrom(lease), reason, since };
    }
    case "succeeded":
    case "failed":
    case "cancelled":
    case "skipped":
    case "timed_out": {
      const [finishedAt, code, message, hasData] = facts as readonly [
        EndedStep["finishedAt"],
        EndedStep["code"],
        EndedStep["message"],
        EndedStep["hasData"],
      ];
      return { ...base, state, finishedAt, code, message, hasData };
    }
  }
}
