/**
 * What holds between any two commands, whatever they were; each answers what is broken, in words.
 * For tests and simulations of whatever keeps records: no part of the package's main entry point.
 */
import { leaseOf } from "./decide/progress.ts";
import type { Ticket, TicketRef } from "./nouns/resource.ts";
import { isRunEnded, isStepEnded, type Run, type StepRun, stepOf } from "./nouns/run.ts";
import type { TableName, Tables } from "./store/records.ts";

/** Everything that is stored, by table. */
export interface Records {
  all<T extends TableName>(table: T): readonly Tables[T][];
}

interface Placed {
  readonly run: Run;
  readonly step: StepRun;
}

const text = (ref: TicketRef): string => `${ref.run}/${ref.step ?? ""}`;
const isLive = ({ state }: StepRun): boolean => state === "running" || state === "cancelling";
const isActive = (step: StepRun): boolean => isLive(step) || step.state === "queued";
const laneOf = (run: Run): string => `${run.resource.kind}/${run.resource.name}`;

function stepsOf(records: Records): readonly Placed[] {
  return records.all("run").flatMap((run) => run.steps.map((step) => ({ run, step })));
}

/** Whether a lease is one that may still act for its step run. */
function mayAct(
  steps: readonly Placed[],
  of: { run: string; step: string; token: number },
): boolean {
  const placed = steps.find(({ run, step }) => run.id === of.run && step.id === of.step);
  return placed !== undefined && leaseOf(placed.step)?.token === of.token;
}

function differs(what: string, a: readonly string[], b: readonly string[]): readonly string[] {
  const [left, right] = [[...a].sort().join(", "), [...b].sort().join(", ")];
  return left === right ? [] : [`${what}: ${left} is not ${right}`];
}

/** Records beside the runs say what the runs say (G1). */
export function brokenTables(records: Records): readonly string[] {
  const steps = stepsOf(records);
  const name = (run: string, step: string): string => `${run}/${step}`;
  const queued = steps.filter(({ step }) => step.state === "queued");
  const held = steps.flatMap(({ run, step }) =>
    step.state === "running" || step.state === "cancelling"
      ? [`${step.lease.session} ${step.lease.token} ${name(run.id, step.id)}`]
      : [],
  );
  const leases = records
    .all("session")
    .flatMap(({ id, leases: own }) =>
      own.map(({ token, run, step }) => `${id} ${token} ${name(run, step)}`),
    );
  const orphans = records
    .all("run")
    .filter(({ steps: own, state }) => own.length === 0 && !isRunEnded(state));
  const timers = records.all("timer").map(({ run, step, what }) => `${run}/${step} ${what}`);
  const due = steps.flatMap(({ run, step }) => {
    if (step.state === "cancelling") return [`${run.id}/${step.id} stuck`];
    return step.state === "running" && step.timeoutMs !== null
      ? [`${run.id}/${step.id} timeout`]
      : [];
  });
  return [
    ...differs(
      "queue",
      records.all("queue").map((entry) => name(entry.run, entry.step)),
      queued.map(({ run, step }) => name(run.id, step.id)),
    ),
    ...differs("leases", leases, held),
    ...differs(
      "orphans",
      records.all("orphan").map(({ run }) => run),
      orphans.map(({ id }) => id),
    ),
    ...records
      .all("timer")
      .filter(({ run, step, token }) => !mayAct(steps, { run, step, token }))
      .map(({ token, what }) => `the ${what} of lease ${token} was left over`),
    ...due.filter((timer) => !timers.includes(timer)).map((timer) => `no timer ${timer}`),
  ];
}

/** States of runs follow those of their step runs (R1 to R3). */
export function brokenStates(records: Records): readonly string[] {
  const broken: string[] = [];
  for (const run of records.all("run")) {
    const isOver = run.steps.length > 0 && run.steps.every(isStepEnded);
    if (isOver && !isRunEnded(run.state)) broken.push(`run ${run.id} should have ended`);
    if (!isOver && run.steps.length > 0 && isRunEnded(run.state))
      broken.push(`${run.id} ended early`);
    if (isRunEnded(run.state) !== (run.finishedAt !== null)) broken.push(`finishedAt of ${run.id}`);
    for (const step of run.steps) {
      const open = step.attempts.filter(({ finishedAt }) => finishedAt === null);
      const token =
        "lease" in step ? step.lease.token : step.state === "queued" ? step.former?.token : 0;
      const expected = token === 0 || token === undefined ? [] : [token];
      broken.push(
        ...differs(
          `open attempts of ${run.id}/${step.id}`,
          open.map((attempt) => String(attempt.token)),
          expected.map(String),
        ),
      );
      const tokens = step.attempts.map((attempt) => attempt.token);
      if (tokens.some((one, i) => i > 0 && one <= (tokens[i - 1] ?? 0))) broken.push("tokens grow");
    }
  }
  for (const { id, concurrency, leases } of records.all("session")) {
    if (leases.length > concurrency) broken.push(`${id} has too many leases`);
  }
  return broken;
}

function ticketsOf(records: Records): Map<string, { ticket: Ticket; isOpen: boolean }> {
  const tickets = new Map<string, { ticket: Ticket; isOpen: boolean }>();
  for (const run of records.all("run")) {
    const isOpen = !isRunEnded(run.state);
    if (run.ticket !== null) {
      tickets.set(text({ run: run.id, step: null }), { ticket: run.ticket, isOpen });
    }
    for (const step of run.steps) {
      if (step.ticket === null) continue;
      const ref = text({ run: run.id, step: step.id });
      tickets.set(ref, { ticket: step.ticket, isOpen: !isStepEnded(step) });
    }
  }
  return tickets;
}

/** Tickets name each other both ways, only what is open is waited for, what closed lets go (L2). */
export function brokenTickets(records: Records): readonly string[] {
  const broken: string[] = [];
  const tickets = ticketsOf(records);
  for (const [name, { ticket, isOpen }] of tickets) {
    for (const ref of ticket.waitsFor) {
      const other = tickets.get(text(ref));
      if (other?.isOpen !== true) broken.push(`${name} waits for ${text(ref)}, which is not open`);
      if (other?.ticket.blocks.every((back) => text(back) !== name)) {
        broken.push(`${text(ref)} does not know that it blocks ${name}`);
      }
    }
    if (!isOpen && ticket.blocks.length > 0) broken.push(`${name} is closed and still blocks`);
    for (const ref of isOpen ? ticket.blocks : []) {
      const other = tickets.get(text(ref));
      if (other?.ticket.waitsFor.every((back) => text(back) !== name) ?? true) {
        broken.push(`${text(ref)} does not wait for ${name}`);
      }
    }
  }
  return broken;
}

/** One holder (P3), in order (P4); `orphans` names the runs that nobody listened to at first. */
export function brokenOrder(records: Records, orphans: ReadonlySet<string>): readonly string[] {
  const broken: string[] = [];
  const live = new Set<string>();
  for (const { run, step } of stepsOf(records)) {
    if (!isActive(step)) continue;
    const holder = `${step.driver} of ${laneOf(run)}`;
    if (live.has(holder)) broken.push(`two step runs of ${holder} are active`);
    live.add(holder);
    for (const earlier of records.all("run")) {
      if (earlier.position >= run.position || laneOf(earlier) !== laneOf(run)) continue;
      const isPipelines = run.pipeline !== null || earlier.pipeline !== null;
      const isOwn = stepOf(earlier, step.driver);
      const own = isOwn !== undefined && !isStepEnded(isOwn) && !orphans.has(earlier.id);
      if (isPipelines ? !isRunEnded(earlier.state) : own) {
        broken.push(`${run.id}/${step.id} overtook ${earlier.id}`);
      }
    }
  }
  return broken;
}

/** What can go on is queued: nothing waits without a reason. */
export function brokenProgress(records: Records): readonly string[] {
  const broken: string[] = [];
  for (const { run, step } of stepsOf(records)) {
    if (step.state !== "waiting") continue;
    const isAdmitted = (run.ticket ?? step.ticket)?.waitsFor.length === 0;
    const isNeeding = step.needs.some((id) => stepOf(run, id)?.state !== "succeeded");
    const isBusy = run.steps.some((other) => other.driver === step.driver && isActive(other));
    if (run.state === "cancelling" || (isAdmitted && !isNeeding && !isBusy)) {
      broken.push(`${run.id}/${step.id} waits for nothing`);
    }
  }
  const openLanes = new Set(
    records
      .all("run")
      .filter(({ state }) => !isRunEnded(state))
      .map(laneOf),
  );
  for (const { kind, name, phase } of records.all("resource")) {
    if (phase === "deleted" && !openLanes.has(`${kind}/${name}`))
      broken.push(`${name} was left over`);
  }
  return broken;
}
