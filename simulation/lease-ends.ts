/**
 * No lease is lost without a reason (P2, P8, P10).
 *
 * L1 A live lease ends by its result; when its handler went on for 10 s after it was told to stop; by
 *    a goodbye that its instance said; when its instance comes with a new boot id, or says that it
 *    does not have what it was told to stop; when its driver is forgotten; or by expiry.
 * L2 It expires 10 s after its connection closed, or after 20 s of silence, and never within 20 s of
 *    a server's start unless its instance has come back since. A server that was stopped for more
 *    than 5 s heard nothing in that time, which is held against nobody. What counts is what the
 *    network carried, not what the engine made of it.
 * L3 A handler is told to stop only when somebody asked for it, or its time is over; and that its
 *    lease is lost only when it is.
 */
import {
  type Command,
  driverOf,
  type Lease,
  type Run,
  type StepRun,
  sessionId,
  stepOf,
} from "@conveyor-ci/core";
import { SILENCE_MS } from "./contacts.ts";
import { type Commit, EPOCH_MS } from "./disk.ts";
import type { HandlerNote } from "./handlers.ts";
import type { Stage } from "./stage.ts";

const CLOSED_MS = 10_000;
const FRESH_MS = 20_000;
const STUCK_MS = 10_000;

interface Granted {
  readonly run: string;
  /** When its attempt has taken longer than its step allows. */
  readonly dueAt: number;
}

/** A live lease that is no longer there after a commit. */
interface Ended {
  readonly run: Run;
  /** As it was before. */
  readonly before: Extract<StepRun, { readonly lease: Lease }>;
  readonly after: StepRun | undefined;
}

interface Circumstances {
  readonly ended: Ended;
  /** When its holder was to be told to stop. */
  readonly toldAt: number;
  /** When its instance had last been taken in. */
  readonly cameAt: number;
  /** When its session had last been renewed. */
  readonly renewedAt: number;
}

export function watchLeases(stage: Stage): (commit: Commit) => void {
  const { world } = stage;
  /** When, and why, the holder of a lease was to be told to stop. */
  const told = new Map<number, { readonly at: number; readonly reason: string }>();
  const grants = new Map<number, Granted>();
  const came = new Map<string, number>();
  const renewed = new Map<string, number>();
  stage.onAborted = (note) => void world.broken.push(...wronglyAborted(stage, note, told));
  return (commit) => {
    const { at, commands, result, written } = commit;
    if (commands.some(({ kind }) => kind === "recover")) {
      for (const { leases } of world.disk.all("session")) {
        for (const _ of leases) world.seen("lease lived through a start");
      }
    }
    for (const effect of result.effects) {
      if (effect.kind === "granted") {
        const { token, run, step } = effect.grant;
        const dueAt = at + (stepOf(run, step)?.timeoutMs ?? Infinity);
        grants.set(token, { run: run.id, dueAt });
      } else if (effect.kind === "cancel") {
        world.seen("handler told to stop");
        told.set(effect.token, { at, reason: effect.reason });
        const grant = grants.get(effect.token);
        if (!isAskedFor(commit, effect.reason, grant)) {
          world.broken.push(
            `lease ${effect.token} is told to stop (${effect.reason}), without cause`,
          );
        }
      }
    }
    for (const { key, before, after } of written) {
      if (key.table !== "run" || before === undefined) continue;
      for (const ended of endedLeases(before as Run, after as Run | undefined)) {
        const { token, session } = ended.before.lease;
        const toldAt = told.get(token)?.at ?? Infinity;
        const cameAt = came.get(session) ?? -1;
        const renewedAt = Math.max(cameAt, renewed.get(session) ?? -1);
        const why = reasonOf(stage, commit, { ended, toldAt, cameAt, renewedAt });
        if (why !== null) world.broken.push(`lease ${token} of ${session} was lost: ${why}`);
      }
    }
    // Only now: what expires in the batch of a hello does so before it.
    for (const [index, command] of commands.entries()) {
      if (command.kind === "hello" && result.outcomes[index]?.ok === true) {
        came.set(sessionId(command.driver, command.instance), at);
      }
      if (command.kind === "renew") for (const { id } of command.sessions) renewed.set(id, at);
    }
  };
}

function* endedLeases(run: Run, next: Run | undefined): Generator<Ended> {
  for (const before of run.steps) {
    if (before.state !== "running" && before.state !== "cancelling") continue;
    const after = next?.steps.find(({ id }) => id === before.id);
    if (after !== undefined && "lease" in after && after.lease.token === before.lease.token) {
      continue;
    }
    yield { run, before, after };
  }
}

/** L1: null when there is a reason for the end of a lease, else what there is in its place. */
function reasonOf(stage: Stage, commit: Commit, of: Circumstances): string | null {
  const { ended } = of;
  const { lease } = ended.before;
  const accepted = commit.commands.filter((_, index) => commit.result.outcomes[index]?.ok === true);
  const why: string[] = [];
  for (const command of accepted) {
    const found = reasonIn(stage, commit, { ...of, command });
    if (found === null) return null;
    if (found !== "") why.push(found);
  }
  if (why.length > 0) return why.join("; ");
  return `${ended.run.id}/${ended.before.id} by ${accepted.map(({ kind }) => kind).join(", ")} (token ${lease.token})`;
}

/** Null: this command is a reason; "" has nothing to do with it; else why it is none. */
function reasonIn(
  stage: Stage,
  commit: Commit,
  of: Circumstances & { readonly command: Command },
): string | null {
  const { command, ended } = of;
  const { token, session } = ended.before.lease;
  const { contacts } = stage.world;
  const { seen } = stage.world;
  switch (command.kind) {
    case "recordResult":
      if (command.lease.token !== token) return "";
      seen("lease ended by its result");
      return null;
    case "hello":
      if (!comesAnew(commit, command, ended)) return "";
      seen("lease ended by a new boot id");
      return null;
    case "disconnect":
      if (command.session !== session || !command.goodbye) return "";
      seen("lease ended by a goodbye");
      return contacts.hasTakenLeave(session, bootBefore(commit, session) ?? "")
        ? null
        : "a goodbye that its instance never said";
    case "forgetDriver":
      if (command.name !== driverOf(session)) return "";
      seen("lease ended by forgetting");
      return null;
    case "tick":
      return ended.before.state === "cancelling" && ended.after?.attempts.at(-1)?.stuck === true
        ? stuckTooEarly(stage, commit.at - of.toldAt)
        : expiredTooEarly(stage, of, untilOf(command, commit.at));
    default:
      return "";
  }
}

/** Its instance has a new boot id, or says that it does not have what it was told to stop. */
function comesAnew(
  commit: Commit,
  command: Extract<Command, { readonly kind: "hello" }>,
  { before }: Ended,
): boolean {
  const { session, token } = before.lease;
  if (session !== sessionId(command.driver, command.instance)) return false;
  if (bootBefore(commit, session) !== command.bootId) return true;
  const isToldNow = commit.result.effects.some(
    (effect) => effect.kind === "cancel" && effect.token === token,
  );
  const isTold = before.state === "cancelling" || isToldNow;
  return isTold && command.leases.every((lease) => lease.token !== token);
}

function bootBefore({ written }: Commit, session: string): string | undefined {
  for (const { key, before } of written) {
    if (key.table !== "session" || before === undefined || key.parts[0] !== session) continue;
    return (before as { readonly bootId: string }).bootId;
  }
  return undefined;
}

function stuckTooEarly({ world }: Stage, afterMs: number): string | null {
  world.seen("lease ended as stuck");
  return afterMs >= STUCK_MS ? null : `called stuck ${afterMs} ms after it was told to stop`;
}

/** Up to when a tick does what is due. */
function untilOf({ until }: Extract<Command, { readonly kind: "tick" }>, at: number): number {
  return Math.min(at, (until ?? Infinity) - EPOCH_MS);
}

/** L2 */
function expiredTooEarly(
  { world, server }: Stage,
  { ended, cameAt, renewedAt }: Circumstances,
  at: number,
): string | null {
  const { contacts, seen } = world;
  const { session } = ended.before.lease;
  const startedAt = contacts.serverStartedAt;
  // A hello may be accepted and its connection be over before the welcome.
  const known = contacts
    .of(session)
    .filter(({ welcomedAt, openedAt }) => welcomedAt !== null || openedAt <= cameAt);
  const latest = known.at(-1);
  if (latest === undefined) {
    seen("lease expired after a start");
    const freshMs = at - startedAt;
    return freshMs >= FRESH_MS ? null : `expired ${freshMs} ms after the server's start`;
  }
  const isOpen = latest.endedAt === null;
  const wokeAt = isOpen ? server.process.wokeAt : 0;
  const silentMs = at - Math.max(startedAt, latest.heardAt, wokeAt);
  seen(isOpen ? "lease expired, silent" : "lease expired, closed");
  const closedMs = at - Math.max(...known.map(({ endedAt }) => endedAt ?? Infinity));
  const isBackTooLate = latest.spokeAgainAt > renewedAt;
  if (silentMs >= SILENCE_MS || closedMs >= CLOSED_MS || isBackTooLate) return null;
  return isOpen
    ? `expired, connected, after ${silentMs} ms of silence`
    : `expired ${closedMs} ms after its connection closed`;
}

/** L3 */
function isAskedFor(
  { at, commands, result }: Commit,
  reason: string,
  grant: Granted | undefined,
): boolean {
  if (grant === undefined) return false;
  const asks = (command: Command): boolean => {
    if (reason === "user") return command.kind === "cancelRun" && command.run === grant.run;
    if (reason === "superseded") return command.kind === "deleteResource";
    return command.kind === "tick" && at >= grant.dueAt;
  };
  return commands.some((command, index) => asks(command) && result.outcomes[index]?.ok === true);
}

/** L3 */
function* wronglyAborted(
  { world }: Stage,
  { fence, run: id, step: stepId, abortedBy }: HandlerNote,
  told: ReadonlyMap<number, { readonly reason: string }>,
): Generator<string> {
  if (abortedBy === "shutdown") return;
  if (abortedBy !== "lease_lost") {
    const reason = told.get(fence)?.reason ?? "no reason";
    if (reason !== abortedBy) {
      yield `the handler of lease ${fence} is told to stop: ${String(abortedBy)}, for ${reason}`;
    }
    return;
  }
  world.seen("handler told of a loss");
  const run = world.disk.all("run").find((one) => one.id === id);
  const step = run === undefined ? undefined : stepOf(run, stepId);
  if (step === undefined) return;
  const isLive = "lease" in step && step.lease.token === fence;
  const isFormer = step.state === "queued" && step.former?.token === fence;
  if (isLive || isFormer) yield `the handler of lease ${fence} is told of a loss that is none`;
}
