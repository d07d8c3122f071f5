/** What an instance reports of its leases: lines and results, each counted once (P2, P3, P6). */
import type { Answers, LeaseName } from "../commands.ts";
import type { LogChunk, LogHead, LogLine } from "../nouns/log.ts";
import { isRunEnded, isStepEnded, type Run, type StepRun, stepOf } from "../nouns/run.ts";
import { ownOf } from "../own.ts";
import { type CommandOf, type Context, refuse, requestedRun } from "./context.ts";
import { endOfCancelling, endStep, leaseOf, type StepEnd } from "./progress.ts";

/** The lease may act: it is live, or it expired and nobody took its place. */
export function holdsLease(step: StepRun | undefined, token: number): step is StepRun {
  return step !== undefined && leaseOf(step)?.token === token;
}

/** The result of this lease is what ended the step run. */
export function isRecorded(step: StepRun | undefined, token: number): boolean {
  if (step === undefined || !isStepEnded(step)) return false;
  const last = step.attempts.at(-1);
  return last?.token === token && last.outcome !== "lost" && !last.stuck;
}

function loseLease(lease: LeaseName): never {
  return refuse(
    "lease_lost",
    `lease ${lease.token} of run ${lease.run} has been replaced or ended`,
  );
}

function emptyHead(run: Run): LogHead {
  const { id, position } = run;
  return { run: id, position, next: 1, sizeBytes: 0, cutOff: false, received: {} };
}

export function headOf(ctx: Context, run: Run): LogHead {
  return ctx.view.get(ctx.keys.head(run.position)) ?? emptyHead(run);
}

export function receivedOf(head: LogHead, lease: { step: string; token: number }): number {
  const received = ownOf(head.received, lease.step);
  return received?.token === lease.token ? received.lines : 0;
}

export function appendLines(
  ctx: Context,
  command: CommandOf<"appendLines">,
): Answers["appendLines"] {
  const { lease, first, lines } = command;
  const run = ctx.view.get(ctx.keys.run(lease.run)) ?? loseLease(lease);
  const step = stepOf(run, lease.step);
  const head = headOf(ctx, run);
  const received = receivedOf(head, lease);
  const end = first + lines.length;
  if (end <= received) return { received };
  if (!holdsLease(step, lease.token)) loseLease(lease);
  if (first > received) {
    const message = `line ${first} came before line ${received} of lease ${lease.token}`;
    refuse("lines_missing", message);
  }
  const attempt = step.attempts.length;
  const fresh = lines.slice(received - first);
  const next = storeLines(ctx, {
    run,
    head,
    step: step.id,
    driver: step.driver,
    attempt,
    lines: fresh,
  });
  ctx.view.put(ctx.keys.head(run.position), {
    ...next,
    received: { ...next.received, [step.id]: { token: lease.token, lines: end } },
  });
  return { received: end };
}

interface Fresh {
  readonly run: Run;
  readonly head: LogHead;
  readonly step: string;
  readonly driver: string;
  readonly attempt: number;
  readonly lines: readonly LogLine[];
}

/** About what a line takes: its text and labels, and what stands around them. */
function sizeOf(line: LogLine): number {
  let sizeBytes = line.message.length + 64;
  for (const name in line.labels) sizeBytes += name.length + (line.labels[name]?.length ?? 0) + 6;
  return sizeBytes;
}

/** Puts lines behind the end of the run's log, up to its limit; a line says where it was cut. */
function storeLines(ctx: Context, fresh: Fresh): LogHead {
  const { run, head } = fresh;
  if (head.cutOff) return head;
  const limit = ctx.rules.limits.maxRunLogBytes;
  let { sizeBytes } = head;
  const kept: LogLine[] = [];
  let cutOff = false;
  for (const line of fresh.lines) {
    sizeBytes += sizeOf(line);
    if (sizeBytes > limit) {
      cutOff = true;
      kept.push(cutOffLine(ctx, limit));
      break;
    }
    kept.push(line);
  }
  const chunk: LogChunk = {
    run: run.id,
    position: run.position,
    driver: fresh.driver,
    pipeline: run.pipeline?.name ?? null,
    step: fresh.step,
    attempt: fresh.attempt,
    first: head.next,
    lines: kept,
    storedAt: ctx.now,
  };
  ctx.view.insert(ctx.keys.chunk(chunk), chunk);
  ctx.effects.push({ kind: "appended", chunk });
  return { ...head, next: head.next + kept.length, sizeBytes, cutOff };
}

function cutOffLine(ctx: Context, limit: number): LogLine {
  return {
    timestamp: new Date(ctx.now).toISOString(),
    level: "warn",
    message: `the log of this run was cut off here: it reached its limit of ${limit} bytes`,
    labels: { conveyor: "cut-off" },
  };
}

export function writeLines(ctx: Context, command: CommandOf<"writeLines">): Answers["writeLines"] {
  const run = requestedRun(ctx, command.run);
  if (isRunEnded(run.state)) {
    refuse("run_finished", `run ${run.id} has ended; its log is closed`);
  }
  const own = run.steps.find((step) => step.driver === command.driver);
  if (own === undefined) {
    const message = `driver ${command.driver} has no part in run ${run.id}`;
    refuse("invalid_request", message, {
      hint: partsHint(run),
      issues: [{ path: "/driver", rule: "exists", message }],
    });
  }
  const attempt = Math.max(1, own.attempts.length);
  const at = { run, step: own.id, driver: own.driver, attempt };
  let head = headOf(ctx, run);
  // A chunk for each: the parts of a long line are large enough to be read one by one.
  for (const line of command.lines) head = storeLines(ctx, { ...at, head, lines: [line] });
  ctx.view.put(ctx.keys.head(run.position), head);
  return { seq: head.next - 1 };
}

function partsHint({ steps }: Run): string {
  const drivers = [...new Set(steps.map(({ driver }) => driver))].join(", ");
  return drivers === "" ? "no driver has one yet" : `those that have one: ${drivers}`;
}

export function recordResult(
  ctx: Context,
  command: CommandOf<"recordResult">,
): Answers["recordResult"] {
  const { lease, lines } = command;
  const run = ctx.view.get(ctx.keys.run(lease.run)) ?? loseLease(lease);
  const step = stepOf(run, lease.step);
  if (isRecorded(step, lease.token)) return { state: "repeated" };
  if (!holdsLease(step, lease.token)) loseLease(lease);
  const received = lines === 0 ? 0 : receivedOf(headOf(ctx, run), lease);
  if (lines > received) {
    const message = `the result counts ${lines} lines, of which ${received} have arrived`;
    refuse("lines_missing", message);
  }
  const at = { run: run.id, step: step.id };
  const hasData = command.result.data !== null;
  if (hasData) ctx.view.insert(ctx.keys.data(at), { ...at, data: command.result.data });
  endStep(ctx, at, { ...endOf(step, command), hasData });
  return { state: "recorded" };
}

function endOf(step: StepRun, command: CommandOf<"recordResult">): StepEnd {
  const { success, message } = command.result;
  if (step.state === "cancelling") return { ...endOfCancelling(step.reason), message };
  if (success) return { state: "succeeded", outcome: "succeeded", code: null, message };
  return { state: "failed", outcome: "failed", code: command.code ?? "driver_failed", message };
}
