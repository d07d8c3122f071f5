/**
 * Sessions of driver instances: how they come, are renewed, and what becomes of their leases.
 *
 * S1 Leases are given back only here, and what is given back is grantable, not ended: its holder
 *    may come back until somebody else has it (promise P2).
 */
import type { Answers, Grant, HelloLease, LeaseName } from "../commands.ts";
import { assertRule } from "../errors.ts";
import {
  type HeldLease,
  leaseCount,
  type Session,
  sessionId,
  withLeases,
} from "../nouns/driver.ts";
import type { EventName } from "../nouns/event.ts";
import {
  type CancelReason,
  type Lease,
  type Run,
  type StepRun,
  stepOf,
  withStep,
} from "../nouns/run.ts";
import { runningStep } from "../nouns/step-states.ts";
import { ownOf } from "../own.ts";
import {
  type CommandOf,
  type Context,
  change,
  namedSession,
  namedStep,
  putRun,
  refuse,
} from "./context.ts";
import { adoptOrphans } from "./orphans.ts";
import { endOfCancelling, endStep, leaseOf, postpone, queueEntry, queueStep } from "./progress.ts";
import { headOf, isRecorded, receivedOf } from "./results.ts";

export function hello(ctx: Context, command: CommandOf<"hello">): Answers["hello"] {
  const id = sessionId(command.driver, command.instance);
  const existing = ctx.view.get(ctx.keys.session(id));
  const isOther = existing !== undefined && existing.bootId !== command.bootId;
  if (isOther && existing.connected) {
    const message = `another live process of driver ${command.driver} is instance ${command.instance}`;
    refuse("instance_in_use", message, { hint: "give each process an instance name of its own" });
  }
  if (isOther) giveBackLeases(ctx, existing);
  const more = adoptOrphans(ctx, command);
  if (!more) listen(ctx, command);
  const before = ctx.view.get(ctx.keys.session(id));
  const session: Session = {
    id,
    driver: command.driver,
    instance: command.instance,
    bootId: command.bootId,
    epoch: ctx.numbers.nextLeaseToken(),
    resources: command.resources,
    events: command.events,
    concurrency: command.concurrency,
    connected: true,
    draining: false,
    connectedAt: ctx.now,
    lastSeenAt: ctx.now,
    expiresAt: ctx.now + ctx.rules.limits.silenceMs,
    leases: isOther ? [] : (before?.leases ?? []),
  };
  if (more) return { session, more, leases: [], redeliver: [] };
  ctx.view.put(ctx.keys.session(id), session);
  const lastSeenAt = existing?.connected === false ? existing.lastSeenAt : ctx.now;
  const leases = command.leases.map((lease) => resume(ctx, { id, lastSeenAt }, lease));
  const redeliver = unnamedLeases(ctx, id, new Set(command.leases.map(({ token }) => token)));
  return { session: namedSession(ctx, id), more, leases, redeliver };
}

/** What became of a lease that a returning instance names; an expired one is its own again. */
function resume(
  ctx: Context,
  { id, lastSeenAt }: { readonly id: string; readonly lastSeenAt: number },
  lease: LeaseName,
): HelloLease {
  const { token } = lease;
  const run = ctx.view.get(ctx.keys.run(lease.run));
  if (run === undefined) return { token, state: "lost" };
  const step = stepOf(run, lease.step);
  if (step === undefined) return { token, state: "lost" };
  if (isRecorded(step, token)) return { token, state: "recorded" };
  const received = receivedOf(headOf(ctx, run), lease);
  const held = leaseOf(step);
  if (held?.token !== token || held.session !== id) return { token, state: "lost" };
  if (step.state === "cancelling") {
    // It hears only now that it is to stop, and has its whole grace from now on.
    if (step.since >= lastSeenAt) {
      postpone(ctx, lease, { stuckAt: ctx.now + ctx.rules.limits.cancelGraceMs });
    }
    return { token, state: "cancelling", received, reason: step.reason };
  }
  if (step.state === "queued") takeBack(ctx, { run, step, lease: held });
  return { token, state: "held", received };
}

function takeBack(
  ctx: Context,
  { run, step, lease }: { run: Run; step: StepRun; lease: Lease },
): void {
  ctx.view.delete(ctx.keys.queue(queueEntry(run, step)));
  putRun(ctx, withStep(run, runningStep(step, { lease, attempts: step.attempts })));
  const session = namedSession(ctx, lease.session);
  const leases = [...session.leases, { token: lease.token, run: run.id, step: step.id }];
  ctx.view.put(ctx.keys.session(session.id), withLeases(session, leases));
}

/** Leases that never arrived: to be sent again, or ended where they were told to stop since. */
function unnamedLeases(ctx: Context, id: string, named: ReadonlySet<number>): readonly Grant[] {
  const session = namedSession(ctx, id);
  const grants: Grant[] = [];
  for (const at of session.leases) {
    const { token } = at;
    if (named.has(token)) continue;
    const { run, step } = namedStep(ctx, at);
    if (step.state === "cancelling") {
      endLost(ctx, at, { reason: step.reason, message: "the instance does not have it" });
      continue;
    }
    const attempt = step.attempts.length;
    const { epoch } = session;
    grants.push({ session: id, epoch, token, run, step: at.step, attempt, version: null });
  }
  return grants;
}

/** From now on the driver listens to what its newest hello says. */
function listen(ctx: Context, command: CommandOf<"hello">): void {
  const { driver: name, resources, events } = command;
  const before = ctx.view.get(ctx.keys.driver(name));
  if (before === undefined) change(ctx, { noun: "driver", name, what: "connected" });
  const firstSeenAt = before?.firstSeenAt ?? ctx.now;
  const driver = { name, resources, events, firstSeenAt, lastSeenAt: ctx.now };
  ctx.view.put(ctx.keys.driver(name), driver);
  const gone = before?.resources.filter((kind) => !resources.includes(kind)) ?? [];
  for (const kind of gone) setListener(ctx, kind, { name, events: null });
  for (const kind of resources) setListener(ctx, kind, { name, events });
}

export function setListener(
  ctx: Context,
  kind: string,
  driver: { readonly name: string; readonly events: readonly EventName[] | null },
): void {
  const key = ctx.keys.listeners(kind);
  const { [driver.name]: _, ...others } = ctx.view.get(key)?.drivers ?? {};
  const before = ownOf(ctx.view.get(key)?.drivers ?? {}, driver.name);
  if (before?.join() === driver.events?.join()) return;
  const drivers = driver.events === null ? others : { ...others, [driver.name]: driver.events };
  ctx.view.put(key, { kind, drivers });
}

/** Makes every lease of a session grantable, or ends what was delivered too often. */
export function giveBackLeases(ctx: Context, session: Session): void {
  for (const at of session.leases) {
    const { step } = namedStep(ctx, at);
    if (step.state === "cancelling") {
      endLost(ctx, at, { reason: step.reason, message: "the instance was lost" });
    } else if (step.attempts.length >= ctx.rules.limits.maxDeliveries) {
      const message = `delivered ${step.attempts.length} times, and lost its instance each time`;
      endStep(ctx, at, { state: "failed", outcome: "lost", code: "instance_lost", message });
    } else {
      queueStep(ctx, at, leaseOf(step));
    }
  }
  ctx.view.put(ctx.keys.session(session.id), withLeases(session, []));
}

/** Ends a step run that was told to stop by an instance that is gone. */
function endLost(
  ctx: Context,
  at: HeldLease,
  why: { readonly reason: CancelReason; readonly message: string },
): void {
  endStep(ctx, at, { ...endOfCancelling(why.reason), outcome: "lost", message: why.message });
}

/** Ends a session whose time is over: its leases become grantable. */
export function expireSession(ctx: Context, session: Session): void {
  giveBackLeases(ctx, session);
  ctx.view.delete(ctx.keys.session(session.id));
  ctx.effects.push({ kind: "expired", session: session.id, epoch: session.epoch });
}

export function disconnect(ctx: Context, command: CommandOf<"disconnect">): null {
  const session = ctx.view.get(ctx.keys.session(command.session));
  if (session === undefined || session.epoch !== command.epoch) return null;
  touchDriver(ctx, session.driver);
  if (command.goodbye) {
    giveBackLeases(ctx, session);
    ctx.view.delete(ctx.keys.session(session.id));
    return null;
  }
  const graceMs = ctx.rules.limits.disconnectGraceMs;
  const expiresAt = ctx.now + graceMs;
  const lastSeenAt = ctx.now;
  ctx.view.put(ctx.keys.session(session.id), {
    ...session,
    connected: false,
    lastSeenAt,
    expiresAt,
  });
  return null;
}

function touchDriver(ctx: Context, name: string): void {
  const driver = ctx.view.get(ctx.keys.driver(name));
  assertRule(driver !== undefined, "a driver is known while an instance has a session");
  ctx.view.put(ctx.keys.driver(name), { ...driver, lastSeenAt: ctx.now });
}

export function renew(ctx: Context, command: CommandOf<"renew">): Answers["renew"] {
  const unknown: string[] = [];
  for (const { id, epoch, silentMs = 0 } of command.sessions) {
    const lastSeenAt = ctx.now - silentMs;
    const expiresAt = lastSeenAt + ctx.rules.limits.silenceMs;
    const session = ctx.view.get(ctx.keys.session(id));
    if (session === undefined || session.epoch !== epoch) unknown.push(id);
    else {
      // Another server's start marked it as gone; this one has its connection.
      const seen = { connected: true, lastSeenAt, expiresAt };
      ctx.view.put(ctx.keys.session(id), { ...session, ...seen });
    }
  }
  return { unknown };
}

export function drain(ctx: Context, command: CommandOf<"drain">): null {
  const session = ctx.view.get(ctx.keys.session(command.session));
  if (session !== undefined && session.epoch === command.epoch) {
    ctx.view.put(ctx.keys.session(session.id), { ...session, draining: true });
  }
  return null;
}

/** Every session gets a fresh time to come back to the server that starts. */
export function recover(ctx: Context): null {
  const expiresAt = ctx.now + ctx.rules.limits.startGraceMs;
  for (const key of ctx.view.search(ctx.ns, { kind: "sessions", driver: null })) {
    const session = ctx.view.get(ctx.keys.session(String(key.parts[0])));
    if (session === undefined) continue;
    ctx.view.put(ctx.keys.session(session.id), { ...session, connected: false, expiresAt });
  }
  return null;
}

/** Whether a session can take one more lease. */
export function freeSlots(session: Session): number {
  if (!session.connected || session.draining) return 0;
  return Math.max(0, session.concurrency - leaseCount(session));
}
