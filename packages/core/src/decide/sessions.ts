/**
 * Sessions of driver instances: how they come, are renewed, and what becomes of their leases.
 *
 * S1 Leases are given back only here, and what is given back is grantable, not ended: its holder
 *    may come back until somebody else has it (promise P2).
 */
import type { Answers, Grant, HelloLease } from "../commands.ts";
import type { EventName } from "../nouns/event.ts";
import { leaseCount, type Session, sessionId } from "../nouns/driver.ts";
import { isStepEnded, type Run, type StepRun, stepOf, withStep } from "../nouns/run.ts";
import { change, type CommandOf, type Context, namedRun, putRun, refuse } from "./context.ts";
import { driverStep, takePlaces } from "./make-run.ts";
import { baseOf, endOfCancelling, endStep, queueEntry, queueStep } from "./progress.ts";
import { headOf, isRecorded, receivedOf } from "./results.ts";

/** Orphans that one decision adopts at most. */
export const ADOPT_LIMIT = 256;

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
    epoch: (before?.epoch ?? 0) + 1,
    resources: command.resources,
    events: command.events,
    concurrency: command.concurrency,
    connected: true,
    draining: false,
    connectedAt: ctx.now,
    lastSeenAt: ctx.now,
    expiresAt: ctx.now + ctx.rules.limits.silenceMs,
    leases: isOther ? {} : (before?.leases ?? {}),
  };
  if (more) return { session, more, leases: [], redeliver: [] };
  ctx.view.put(ctx.keys.session(id), session);
  const leases = command.leases.map((lease) => resume(ctx, id, lease));
  const redeliver = unnamedLeases(ctx, id, new Set(command.leases.map(({ token }) => token)));
  return { session: ctx.view.get(ctx.keys.session(id)) ?? session, more, leases, redeliver };
}

/** What became of a lease that a returning instance names; an expired one is its own again. */
function resume(
  ctx: Context,
  id: string,
  lease: { token: number; run: string; step: string },
): HelloLease {
  const { token } = lease;
  const run = ctx.view.get(ctx.keys.run(lease.run));
  const step = run === undefined ? undefined : stepOf(run, lease.step);
  if (run === undefined || step === undefined) return { token, state: "lost" };
  if (isRecorded(step, token)) return { token, state: "recorded" };
  const received = receivedOf(headOf(ctx, run), lease);
  if (step.state === "queued" && step.former?.token === token) {
    takeBack(ctx, { run, step, session: id, token });
    return { token, state: "held", received };
  }
  if (step.state === "running" && step.lease.token === token) return { token, state: "held", received };
  if (step.state === "cancelling" && step.lease.token === token) {
    return { token, state: "cancelling", received, reason: step.reason };
  }
  return { token, state: "lost" };
}

function takeBack(
  ctx: Context,
  of: { run: Run; step: StepRun; session: string; token: number },
): void {
  const { run, step, token } = of;
  ctx.view.delete(ctx.keys.queue(queueEntry(run, step)));
  const lease = { token, session: of.session };
  putRun(ctx, withStep(run, { ...baseOf(step), state: "running", lease }));
  const session = ctx.view.get(ctx.keys.session(of.session));
  if (session === undefined) return;
  const leases = { ...session.leases, [token]: { run: run.id, step: step.id } };
  ctx.view.put(ctx.keys.session(of.session), { ...session, leases });
}

function unnamedLeases(ctx: Context, id: string, named: ReadonlySet<number>): readonly Grant[] {
  const session = ctx.view.get(ctx.keys.session(id));
  if (session === undefined) return [];
  const grants: Grant[] = [];
  for (const [text, at] of Object.entries(session.leases)) {
    const token = Number(text);
    if (named.has(token)) continue;
    const run = namedRun(ctx, at.run);
    const attempt = stepOf(run, at.step)?.attempts.at(-1)?.number ?? 1;
    grants.push({ session: id, epoch: session.epoch, token, run, step: at.step, attempt });
  }
  return grants;
}

/** Runs that nobody listened to when they were made become this driver's (promise P5). */
function adoptOrphans(ctx: Context, command: CommandOf<"hello">): boolean {
  let more = false;
  for (const kind of command.resources) {
    for (const event of command.events) {
      if (event === "delete") continue;
      const limit = ADOPT_LIMIT;
      const keys = ctx.view.search(ctx.ns, { kind: "orphans", resource: kind, event, limit });
      for (const key of keys) {
        if (ctx.view.get(key) === undefined) continue;
        ctx.view.delete(key);
        adopt(ctx, namedRun(ctx, String(key.parts[3])), command.driver);
      }
      more ||= keys.length === limit;
    }
  }
  return more;
}

function adopt(ctx: Context, run: Run, driver: string): void {
  const { kind, name, id } = run.resource;
  const key = ctx.keys.resource({ kind, name });
  const resource = ctx.view.get(key);
  if (resource === undefined || resource.id !== id) return;
  const { lane } = takePlaces(ctx, { ...run, steps: [driverStep(driver)] }, resource.lane);
  ctx.view.put(key, { ...resource, lane });
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
  const { [driver.name]: before, ...others } = ctx.view.get(key)?.drivers ?? {};
  if (before?.join() === driver.events?.join()) return;
  const drivers = driver.events === null ? others : { ...others, [driver.name]: driver.events };
  ctx.view.put(key, { kind, drivers });
}

/** Makes every lease of a session grantable, or ends what was delivered too often. */
export function giveBackLeases(ctx: Context, session: Session): void {
  for (const [text, at] of Object.entries(session.leases)) {
    const token = Number(text);
    const step = stepOf(namedRun(ctx, at.run), at.step);
    if (step === undefined || isStepEnded(step)) continue;
    if (step.state === "cancelling") {
      endStep(ctx, at, { ...endOfCancelling(step.reason), message: "the instance was lost" });
    } else if (step.attempts.length >= ctx.rules.limits.maxDeliveries) {
      const message = `delivered ${step.attempts.length} times, and lost its instance each time`;
      endStep(ctx, at, { state: "failed", outcome: "lost", code: "instance_lost", message });
    } else {
      queueStep(ctx, at, { token, session: session.id });
    }
  }
  const current = ctx.view.get(ctx.keys.session(session.id)) ?? session;
  ctx.view.put(ctx.keys.session(session.id), { ...current, leases: {} });
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
  ctx.view.put(ctx.keys.session(session.id), { ...session, connected: false, lastSeenAt, expiresAt });
  return null;
}

function touchDriver(ctx: Context, name: string): void {
  const driver = ctx.view.get(ctx.keys.driver(name));
  if (driver !== undefined) ctx.view.put(ctx.keys.driver(name), { ...driver, lastSeenAt: ctx.now });
}

export function renew(ctx: Context, command: CommandOf<"renew">): Answers["renew"] {
  const unknown: string[] = [];
  const expiresAt = ctx.now + ctx.rules.limits.silenceMs;
  for (const { id, epoch } of command.sessions) {
    const session = ctx.view.get(ctx.keys.session(id));
    if (session === undefined || session.epoch !== epoch) unknown.push(id);
    else ctx.view.put(ctx.keys.session(id), { ...session, lastSeenAt: ctx.now, expiresAt });
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
