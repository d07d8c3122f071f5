/**
 * Says why a run is not moving (promise P11): one reason for each step run that waits, with what
 * would unblock it and since when.
 */
import {
  type Driver,
  isDriverName,
  isRunEnded,
  isStepEnded,
  leaseCount,
  nearestWord,
  type Run,
  type Session,
  type StepRun,
  stepOf,
  type Ticket,
  type TicketRef,
  type Topic,
} from "@conveyor-ci/core";
import type { Why } from "../engine.ts";
import { type EngineContext, loadOne } from "./context.ts";

export interface Explanation {
  readonly why: readonly Why[];
  readonly stepWhy: Readonly<Record<string, readonly Why[]>>;
}

const NOTHING: Explanation = { why: [], stepWhy: {} };

/** Ids of runs that a message names at most. */
const NAMED_RUNS = 5;
/** Earlier runs that are counted at most. */
const MAX_AHEAD = 100;

export async function explainRun(context: EngineContext, run: Run): Promise<Explanation> {
  if (isRunEnded(run.state)) return NOTHING;
  if (run.steps.length === 0) return { why: [noListener(run)], stepWhy: {} };
  const stepWhy: Record<string, readonly Why[]> = {};
  const why: Why[] = [];
  if (run.ticket !== null && run.ticket.waitsFor.length > 0) {
    why.push(await earlierRuns(context, run, run.ticket));
  }
  for (const step of run.steps) {
    const reason = isStepEnded(step) ? null : await explainStep(context, run, step);
    // A step that nothing of its own holds up waits for what the whole run waits for.
    const reasons = reason === null && step.state === "waiting" ? why : [reason].filter(isReason);
    if (reasons.length > 0) stepWhy[step.id] = reasons;
  }
  if (why.length === 0) {
    const reasons = Object.values(stepWhy).flat();
    why.push(...reasons.filter((reason) => reason.code !== "waiting_for_step"));
  }
  return { why, stepWhy };
}

function isReason(why: Why | null): why is Why {
  return why !== null;
}

function noListener(run: Run): Why {
  const { kind } = run.resource;
  return {
    code: "no_listener",
    message: `no driver listens to ${run.event} of ${kind}`,
    hint: `connect a driver that names ${kind} in its resources; it is given this run`,
    since: run.createdAt,
  };
}

async function earlierRuns(context: EngineContext, run: Run, ticket: Ticket): Promise<Why> {
  const ahead = await runsAhead(context, ticket);
  const stuck = ahead.find((other) => other.steps.some((step) => step.state === "cancelling"));
  const told = stuck?.steps.flatMap((step) => (step.state === "cancelling" ? [step.since] : []));
  if (stuck !== undefined && told !== undefined) {
    return {
      code: "stuck_handler",
      message: `waiting for a handler of run ${stuck.id} to stop`,
      hint: `it was told to stop; it is given up ${context.rules.limits.cancelGraceMs / 1_000} s after that`,
      since: Math.max(run.createdAt, Math.min(...told)),
    };
  }
  const ids = ahead.map(({ id }) => id);
  const named = ids.slice(0, NAMED_RUNS).join(", ") + (ids.length > NAMED_RUNS ? ", …" : "");
  const atLeast = ids.length >= MAX_AHEAD ? "at least " : "";
  const count = `${atLeast}${ids.length} earlier ${ids.length === 1 ? "run" : "runs"}`;
  return {
    code: "waiting_for_runs",
    message: `waiting for ${count} of ${run.resource.name}: ${named}`,
    hint: `conveyor explain ${ids[0] ?? ""} says what the first one waits for`,
    since: run.createdAt,
  };
}

/** Runs that have to end before a ticket is admitted, the first in the lane first. */
async function runsAhead(context: EngineContext, ticket: Ticket): Promise<readonly Run[]> {
  const ahead = new Map<string, Run>();
  let next: readonly TicketRef[] = ticket.waitsFor;
  while (next.length > 0 && ahead.size < MAX_AHEAD) {
    const ids = [...new Set(next.map((ref) => ref.run))];
    const runs = await context.storage.load(ids.map(context.keys.run));
    for (const other of runs) if (other !== undefined) ahead.set(other.id, other);
    next = next.flatMap((ref) => waitsFor(ahead.get(ref.run), ref));
    next = next.filter((ref) => !ahead.has(ref.run));
  }
  return [...ahead.values()].sort((a, b) => a.position - b.position);
}

function waitsFor(run: Run | undefined, ref: TicketRef): readonly TicketRef[] {
  if (run === undefined) return [];
  const ticket = ref.step === null ? run.ticket : stepOf(run, ref.step)?.ticket;
  return ticket?.waitsFor ?? [];
}

async function explainStep(context: EngineContext, run: Run, step: StepRun): Promise<Why | null> {
  switch (step.state) {
    case "waiting":
      return explainWaiting(context, run, step);
    case "queued":
      return explainQueued(context, run, { step, since: step.since });
    case "running":
      return explainRunning(context, step.lease.session);
    case "cancelling":
      return {
        code: "waiting_for_handler",
        message: `told to stop (${step.reason}); waiting for its handler`,
        hint: `it is given up ${context.rules.limits.cancelGraceMs / 1_000} s after it was told`,
        since: step.since,
      };
    case "succeeded":
    case "failed":
    case "cancelled":
    case "skipped":
    case "timed_out":
      return null;
  }
}

async function explainWaiting(
  context: EngineContext,
  run: Run,
  step: StepRun,
): Promise<Why | null> {
  const open = step.needs.filter((id) => stepOf(run, id)?.state !== "succeeded");
  if (open.length > 0) {
    return {
      code: "waiting_for_step",
      message: `waiting for ${open.length === 1 ? "step" : "steps"} ${open.join(", ")}`,
      hint: `it begins when ${open.join(" and ")} ${open.length === 1 ? "has" : "have"} succeeded`,
      since: run.createdAt,
    };
  }
  if (step.ticket !== null && step.ticket.waitsFor.length > 0) {
    return earlierRuns(context, run, step.ticket);
  }
  const same = run.steps.find(
    (other) => other.driver === step.driver && !isStepEnded(other) && other.state !== "waiting",
  );
  if (same === undefined) return null;
  return {
    code: "waiting_for_step",
    message: `waiting for step ${same.id}, which has the same driver`,
    hint: "a driver is given the steps of one resource one at a time",
    since: run.createdAt,
  };
}

async function explainRunning(context: EngineContext, sessionId: string): Promise<Why | null> {
  const session = await loadOne(context, context.keys.session(sessionId));
  if (session === undefined || session.connected) return null;
  return {
    code: "instance_disconnected",
    message: `instance ${session.instance} is not connected; its lease is kept until ${new Date(session.expiresAt).toISOString()}`,
    hint: "it goes on when the instance comes back; after that time another one is given the step run",
    since: session.lastSeenAt,
  };
}

async function explainQueued(
  context: EngineContext,
  run: Run,
  { step, since }: { readonly step: StepRun; readonly since: number },
): Promise<Why | null> {
  const { driver: name } = step;
  if (!isDriverName(name)) {
    return {
      code: "driver_name_reserved",
      message: `no driver can connect as ${name}: the name is reserved`,
      hint: "name another driver in the pipeline, and cancel the run",
      since,
    };
  }
  const driver = await loadOne(context, context.keys.driver(name));
  if (driver === undefined) return neverConnected(context, name, since);
  const { kind } = run.resource;
  if (!driver.resources.includes(kind) || !driver.events.includes(run.event)) {
    return {
      code: "driver_not_listening",
      message: `driver ${name} does not listen to ${run.event} of ${kind}`,
      hint: `it listens to ${driver.events.join(", ")} of ${driver.resources.join(", ")}`,
      since,
    };
  }
  const sessions = await context.storage.sessions({ ns: context.ns, driver: name });
  return explainSessions({ driver, sessions, since, topic: { kind, event: run.event } });
}

async function neverConnected(context: EngineContext, name: string, since: number): Promise<Why> {
  const known = await context.storage.drivers({ ns: context.ns, after: null, limit: 1_000 });
  const near = nearestWord(
    name,
    known.map((driver) => driver.name),
  );
  const suggestion = near === undefined ? "" : `; did the pipeline mean ${near}?`;
  return {
    code: "driver_never_connected",
    message: `no driver named ${name} has ever connected${suggestion}`,
    hint: `start a driver named ${name}`,
    since,
  };
}

function explainSessions(of: {
  readonly driver: Driver;
  readonly sessions: readonly Session[];
  readonly since: number;
  readonly topic: Omit<Topic, "driver">;
}): Why | null {
  const { driver, sessions, since, topic } = of;
  const connected = sessions.filter((session) => session.connected);
  if (connected.length === 0) {
    const seen = new Date(driver.lastSeenAt).toISOString();
    return {
      code: "driver_offline",
      message: `no instance of driver ${driver.name} is connected; last seen ${seen}`,
      hint: `start an instance of ${driver.name}`,
      since: Math.max(since, driver.lastSeenAt),
    };
  }
  const listening = connected.filter(
    ({ resources, events }) => resources.includes(topic.kind) && events.includes(topic.event),
  );
  if (listening.length === 0) {
    return {
      code: "driver_not_listening",
      message: `no connected instance of driver ${driver.name} listens to ${topic.event} of ${topic.kind}`,
      hint: `start an instance of ${driver.name} that does`,
      since,
    };
  }
  const taking = listening.filter((session) => !session.draining);
  if (taking.length === 0) {
    const message = `every instance of driver ${driver.name} is draining`;
    return { code: "driver_draining", message, hint: "start another instance", since };
  }
  const slots = taking.reduce((sum, session) => sum + session.concurrency, 0);
  const used = taking.reduce((sum, session) => sum + leaseCount(session), 0);
  // With a free slot it is on its way.
  if (used < slots) return null;
  const who =
    taking.length === 1
      ? `the only instance of driver ${driver.name} is busy`
      : `all ${taking.length} instances of driver ${driver.name} are busy`;
  return {
    code: "instances_busy",
    message: `${who} (${used} of ${slots} slots)`,
    hint: "start another instance, or raise its concurrency",
    since,
  };
}
