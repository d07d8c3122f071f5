/**
 * What time brings: expired sessions, timeouts, handlers that do not stop; and forgetting drivers.
 *
 * T1 Nothing is held against a handler whose instance is away and may come back: it may have ended in
 *    time, and may not have heard that it was told to stop. Its time is over when its session is, and
 *    one that was told to stop has then its whole grace.
 */
import type { Answers } from "../commands.ts";
import type { Key, Timer } from "../store/records.ts";
import {
  type CommandOf,
  type Context,
  change,
  namedSession,
  namedStep,
  refuse,
} from "./context.ts";
import { cancelStep, dropFormer, endOfCancelling, endStep, leaseOf, postpone } from "./progress.ts";
import { expireSession, setListener } from "./sessions.ts";

export function tick(ctx: Context, command: CommandOf<"tick">): Answers["tick"] {
  const { limit } = command;
  const until = Math.min(ctx.now, command.until ?? ctx.now);
  const timers = ctx.view.search(ctx.ns, { kind: "timersDue", limit });
  for (const key of timers) {
    const timer = ctx.view.get(key) as Timer | undefined;
    if (timer === undefined || timer.at > until) continue;
    ctx.view.delete(key);
    fire(ctx, timer, until);
  }
  const sessions = ctx.view.search(ctx.ns, { kind: "sessionsDue", limit });
  for (const key of sessions) {
    const session = ctx.view.get(ctx.keys.session(String(key.parts[0])));
    if (session !== undefined && session.expiresAt <= until) expireSession(ctx, session);
  }
  return { more: timers.length === limit || sessions.length === limit };
}

function fire(ctx: Context, timer: Timer, until: number): void {
  if (isLeftToReturn(ctx, timer, until)) return;
  const { run, step } = namedStep(ctx, timer);
  const lease = leaseOf(step);
  if (lease?.token !== timer.token) return;
  const at = { run: timer.run, step: timer.step };
  if (step.state === "running") cancelStep(ctx, at, "timeout");
  else if (step.state === "queued") {
    // No attempt is under way: the one that was lost can no longer come back, the next one can.
    dropFormer(ctx, { run, step, lease });
  } else if (step.state === "cancelling" && timer.what === "stuck") {
    const seconds = ctx.rules.limits.cancelGraceMs / 1_000;
    const message = `the handler went on for ${seconds} s after it was told to stop`;
    endStep(ctx, at, {
      ...endOfCancelling(step.reason),
      code: "handler_stuck",
      message,
      stuck: true,
    });
    ctx.effects.push({ kind: "revoked", session: lease.session, token: lease.token });
  }
}

/** T1. A session whose own time is over as well ends first, with what that means for its leases. */
function isLeftToReturn(ctx: Context, timer: Timer, until: number): boolean {
  const { run, step: id, what } = timer;
  const { step } = namedStep(ctx, timer);
  if (step.state !== (what === "timeout" ? "running" : "cancelling")) return false;
  const session = namedSession(ctx, step.lease.session);
  if (session.connected) return false;
  const { expiresAt } = session;
  if (expiresAt <= until) {
    expireSession(ctx, session);
    return false;
  }
  const stuckAt = expiresAt + ctx.rules.limits.cancelGraceMs;
  postpone(ctx, { run, step: id }, what === "timeout" ? { timeoutAt: expiresAt } : { stuckAt });
  return true;
}

/** Queue entries that forgetting a driver skips at most in one decision. */
export const FORGET_LIMIT = 500;

/** The driver no longer listens; what is queued for it is skipped, and then it is unknown. */
export function forgetDriver(
  ctx: Context,
  command: CommandOf<"forgetDriver">,
): Answers["forgetDriver"] {
  const { name } = command;
  const driver = ctx.view.get(ctx.keys.driver(name));
  if (driver === undefined)
    refuse("driver_not_found", `no driver named ${name} has ever connected`);
  for (const key of ctx.view.search(ctx.ns, { kind: "sessions", driver: name })) {
    const session = ctx.view.get(ctx.keys.session(String(key.parts[0])));
    if (session === undefined) continue;
    if (session.connected) {
      refuse("driver_connected", `instance ${session.instance} of driver ${name} is connected`, {
        hint: "stop its instances first",
      });
    }
    expireSession(ctx, session);
  }
  for (const kind of driver.resources) setListener(ctx, kind, { name, events: null });
  const more = skipQueued(ctx, name);
  if (more) return { more };
  ctx.view.delete(ctx.keys.driver(name));
  change(ctx, { noun: "driver", name, what: "forgotten" });
  return { more };
}

/**
 * Skips what is queued for a driver, and what that, or the end of its sessions, has queued. Answers
 * whether the limit was reached and more may be queued.
 */
function skipQueued(ctx: Context, driver: string): boolean {
  let skips = 0;
  const message = `driver ${driver} was forgotten`;
  const end = { state: "skipped", code: "driver_forgotten", message, outcome: "lost" } as const;
  const skip = (key: Key<"queue">): void => {
    const entry = ctx.view.get(key);
    if (entry === undefined || skips >= FORGET_LIMIT) return;
    skips += 1;
    endStep(ctx, { run: entry.run, step: entry.step }, end);
  };
  const search = { kind: "queueOfDriver", driver, limit: FORGET_LIMIT } as const;
  for (const key of ctx.view.search(ctx.ns, search)) skip(key as Key<"queue">);
  // Grows while it is read: each end may queue the next.
  for (const effect of ctx.effects) {
    if (effect.kind === "queued" && effect.entry.driver === driver) {
      skip(ctx.keys.queue(effect.entry));
    }
  }
  return skips >= FORGET_LIMIT;
}
