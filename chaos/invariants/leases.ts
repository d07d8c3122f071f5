/** Who held what when (promises P2 and P3), and in which order (P4). */
import type { WireRun } from "@conveyor-ci/contract";
import { type Evidence, groupBy, type Handler } from "../evidence.ts";
import { parseResult } from "./lines.ts";

type StepOf = WireRun["steps"][number];

function* stepsOf(runs: Evidence["runs"]): Generator<{ run: WireRun; step: StepOf; what: string }> {
  for (const run of runs.values()) {
    for (const step of run.steps) yield { run, step, what: `run ${run.id}, step ${step.id}` };
  }
}

const time = (text: string | null): number => (text === null ? Infinity : Date.parse(text));

/** P3: an attempt begins after the one before has ended. */
export function* attemptsApart({ runs }: Evidence): Generator<string> {
  for (const { step, what } of stepsOf(runs)) {
    for (const [index, attempt] of step.attempts.entries()) {
      if (attempt.number !== index + 1)
        yield `${what}: attempt ${index + 1} is number ${attempt.number}`;
      const before = step.attempts[index - 1];
      if (before !== undefined && time(before.finishedAt) > time(attempt.startedAt)) {
        yield `${what}: attempt ${attempt.number} began before attempt ${before.number} had ended`;
      }
      const isLast = index === step.attempts.length - 1;
      if (!isLast && attempt.outcome !== "lost") {
        yield `${what}: attempt ${attempt.number} was followed by another though it ${String(attempt.outcome)}`;
      }
    }
  }
}

/** P3: the result is that of the last holder, whose fencing token is the greatest. */
export function* lastHolder({ runs, handlers }: Evidence): Generator<string> {
  const byStep = groupBy(handlers, ({ run, step }) => `${run}/${step}`);
  for (const { run, step, what } of stepsOf(runs)) {
    const own = byStep.get(`${run.id}/${step.id}`) ?? [];
    for (const { fence, attempt } of own) {
      if (own.some((other) => other.fence < fence && other.attempt >= attempt)) {
        yield `${what}: fencing token ${fence} of attempt ${attempt} is not greater than all before`;
      }
    }
    const said = step.result === null ? null : parseResult(step.result.message);
    const greatest = Math.max(0, ...own.map(({ fence }) => fence));
    if (said !== null && said.fence !== greatest) {
      yield `${what}: the result is of lease ${said.fence}, the last holder had ${greatest}`;
    }
    if (step.state === "succeeded" && said === null) {
      yield `${what}: succeeded with the result ${JSON.stringify(step.result?.message)}`;
    }
  }
}

/** P2: a step run is started once for each delivery, and not more often than is allowed. */
export function* deliveries({ runs, handlers, limits }: Evidence): Generator<string> {
  const byStep = groupBy(handlers, ({ run, step }) => `${run}/${step}`);
  for (const { run, step, what } of stepsOf(runs)) {
    const count = step.attempts.length;
    if (count > limits.maxDeliveries) yield `${what}: ${count} deliveries`;
    const own = byStep.get(`${run.id}/${step.id}`) ?? [];
    for (const [attempt, again] of groupBy(own, (handler) => String(handler.attempt))) {
      if (again.length > 1) yield `${what}: attempt ${attempt} was started ${again.length} times`;
      if (Number(attempt) > count)
        yield `${what}: attempt ${attempt} was started, ${count} are known`;
    }
  }
  for (const { run, step } of handlers) {
    const isKnown = runs.get(run)?.steps.some(({ id }) => id === step) ?? false;
    if (!isKnown) yield `a handler was started for run ${run}, step ${step}, which is not there`;
  }
}

/** P2, P3: every run has ended, and for a reason that there was. */
export function* ends({ runs, limits }: Evidence): Generator<string> {
  for (const run of runs.values()) {
    if (run.state !== "succeeded" && run.state !== "failed") yield `run ${run.id} is ${run.state}`;
  }
  for (const { step, what } of stepsOf(runs)) {
    if (step.state === "succeeded" || step.state === "skipped") continue;
    const isLost = step.code === "instance_lost" && step.attempts.length === limits.maxDeliveries;
    const isAsked =
      step.code === "driver_failed" && parseResult(step.result?.message ?? "") !== null;
    if (!isLost && !isAsked)
      yield `${what} ended as ${step.state}: ${step.code ?? ""} ${step.message ?? ""}`;
  }
}

/** What an instance may take to be told, once it can be reached again. */
const REACHED_WITHIN_MS = 5_000;

/** The times in which a handler's process could not be told of the loss of its lease. */
function silencesOf(handler: Handler, silences: Evidence["silences"]): Evidence["silences"] {
  return silences.filter(
    ({ pid, from, to }) =>
      (pid === null || pid === handler.pid) &&
      handler.startAt < to + REACHED_WITHIN_MS &&
      (handler.endAt ?? Infinity) > from,
  );
}

/**
 * Until when a handler has to be taken for a holder: one that was told of its loss, or could not be
 * told, is none, since nothing that it says will count.
 */
function endOf(handler: Handler, silences: Evidence["silences"]): number {
  if (handler.lostAt !== null) return -Infinity;
  const from = silencesOf(handler, silences).map((silence) => silence.from);
  return Math.min(handler.endAt ?? Infinity, ...from);
}

/** What it takes at most to see that a connection is dead, and to come back. */
const TOLD_WITHIN_MS = 30_000;

/** P3: a holder that was replaced, and goes on, is told so. */
export function* tellsLosses({ handlers, silences }: Evidence): Generator<string> {
  for (const own of groupBy(handlers, ({ run, step }) => `${run}/${step}`).values()) {
    for (const handler of own) {
      const next = own.filter(({ fence }) => fence > handler.fence).map(({ startAt }) => startAt);
      if (next.length === 0 || handler.lostAt !== null) continue;
      const reachable = silencesOf(handler, silences).map(({ to }) => to);
      const due = Math.max(Math.min(...next), ...reachable) + TOLD_WITHIN_MS;
      if ((handler.endAt ?? Infinity) <= due) continue;
      yield `run ${handler.run}, step ${handler.step}: attempt ${handler.attempt} was replaced, and its handler at ${handler.instance} was never told`;
    }
  }
}

/** What came first must have ended when what comes next begins. */
function* inTurn(
  turns: readonly (readonly Handler[])[],
  { silences, what }: { readonly silences: Evidence["silences"]; readonly what: string },
): Generator<string> {
  let end = -Infinity;
  let last: Handler | undefined;
  for (const turn of turns) {
    for (const handler of turn) {
      if (handler.startAt >= end || last === undefined) continue;
      yield `${what}: attempt ${handler.attempt} of run ${handler.run}, step ${handler.step}, began before attempt ${last.attempt} of run ${last.run}, step ${last.step}, had ended`;
    }
    for (const handler of turn) {
      if (endOf(handler, silences) <= end) continue;
      end = endOf(handler, silences);
      last = handler;
    }
  }
}

/** P3, as handlers saw it: of one step run never two at work that hold the lease. */
export function* oneHolder({ handlers, silences }: Evidence): Generator<string> {
  for (const own of groupBy(handlers, ({ run, step }) => `${run}/${step}`).values()) {
    if (own.length < 2) continue;
    const turns = [...own].sort((a, b) => a.fence - b.fence).map((handler) => [handler]);
    yield* inTurn(turns, { silences, what: "two holders" });
  }
}

/** P4: runs of one resource in the order of its versions, of pipelines one step after the other. */
export function* resourceOrder({ runs, handlers, silences }: Evidence): Generator<string> {
  const byStep = groupBy(handlers, ({ run, step }) => `${run}/${step}`);
  const lanes = groupBy(runs.values(), ({ resource }) => `${resource.kind} ${resource.name}`);
  for (const [name, lane] of lanes) {
    const ordered = [...lane].sort(
      (a, b) => Number(a.resource.version) - Number(b.resource.version),
    );
    const of = (run: WireRun, step: StepOf) => byStep.get(`${run.id}/${step.id}`) ?? [];
    if (ordered.every(({ pipeline }) => pipeline !== null)) {
      const turns = ordered.flatMap((run) => run.steps.map((step) => of(run, step)));
      yield* inTurn(turns, { silences, what: `pipeline order of ${name}` });
      continue;
    }
    const drivers = new Set(ordered.flatMap(({ steps }) => steps.map(({ driver }) => driver)));
    for (const driver of drivers) {
      const turns = ordered.map((run) =>
        run.steps.filter((step) => step.driver === driver).flatMap((step) => of(run, step)),
      );
      yield* inTurn(turns, { silences, what: `order of ${name} at ${driver}` });
    }
  }
}

/** P3: `concurrency` bounds live leases. */
export function* slots({ handlers, limits }: Evidence): Generator<string> {
  for (const [pid, own] of groupBy(handlers, (handler) => String(handler.pid))) {
    const moments = own.flatMap((handler) => [
      { at: handler.startAt, by: 1 },
      { at: Math.min(handler.endAt ?? Infinity, handler.lostAt ?? Infinity), by: -1 },
    ]);
    moments.sort((a, b) => a.at - b.at || a.by - b.by);
    let atWork = 0;
    let most = 0;
    for (const { by } of moments) {
      atWork += by;
      most = Math.max(most, atWork);
    }
    if (most > limits.concurrency) yield `instance ${own[0]?.instance ?? pid} had ${most} at work`;
  }
}
