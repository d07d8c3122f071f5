/**
 * The lane of a resource: who waits for whom (promise P4).
 *
 * A pipeline's run has one ticket; without a pipeline each step run has one. A pipeline ticket waits
 * for every ticket before it; a driver's ticket for the driver's last one, which waits for the last
 * pipeline ticket, or for that itself. Tickets name each other both ways, so that taking a place and
 * leaving it cost what they touch, however long the lane is.
 *
 * L1 A ticket that waits for nothing is admitted, and an admitted one stays so.
 * L2 `a.blocks` names b exactly when `b.waitsFor` names a, as long as a is open.
 * L3 A ticket that closes before it was admitted hands on what it waits for to those it blocks, and
 *    goes on waiting itself, so that a later ticket behind it still finds who is ahead.
 */
import { assertRule } from "../errors.ts";
import type { Lane, Ticket, TicketRef } from "../nouns/resource.ts";
import { changedRun, isRunEnded, isStepEnded, type Run, withStep } from "../nouns/run.ts";
import { ownOf } from "../own.ts";
import { type Context, namedRun, putRun, stepIn } from "./context.ts";

export function isSameRef(a: TicketRef, b: TicketRef): boolean {
  return a.run === b.run && a.step === b.step;
}

export function isAdmitted(ticket: Ticket): boolean {
  return ticket.waitsFor.length === 0;
}

/** The ticket on which a step run's place depends: the run's, or its own. */
export function ticketFor(run: Run, step: string): Ticket {
  return ticketIn(run, { run: run.id, step: run.ticket === null ? step : null });
}

export function ticketIn(run: Run, ref: TicketRef): Ticket {
  const ticket = ref.step === null ? run.ticket : stepIn(run, ref.step).ticket;
  assertRule(ticket !== null, "a reference names a ticket that exists");
  return ticket;
}

export function isOpen(run: Run, ref: TicketRef): boolean {
  if (ref.step === null) return !isRunEnded(run.state);
  return !isStepEnded(stepIn(run, ref.step));
}

function withTicket(run: Run, ref: TicketRef, ticket: Ticket): Run {
  if (ref.step === null) return changedRun(run, { ticket });
  return withStep(run, { ...stepIn(run, ref.step), ticket });
}

export function changeTicket(
  ctx: Context,
  ref: TicketRef,
  change: (ticket: Ticket) => Ticket,
): Run {
  const run = namedRun(ctx, ref.run);
  return putRun(ctx, withTicket(run, ref, change(ticketIn(run, ref))));
}

export function union(refs: readonly TicketRef[], more: readonly TicketRef[]): TicketRef[] {
  const all = [...refs];
  for (const ref of more) if (!all.some((other) => isSameRef(other, ref))) all.push(ref);
  return all;
}

export function without(refs: readonly TicketRef[], gone: TicketRef): TicketRef[] {
  return refs.filter((ref) => !isSameRef(ref, gone));
}

/** The last tickets of those that the next place of a driver, or (null) a pipeline's, is behind. */
function tailsOf(lane: Lane, driver: string | null): readonly TicketRef[] {
  const own = driver === null ? Object.values(lane.drivers) : [ownOf(lane.drivers, driver)];
  const tails = own.filter((tail) => tail !== undefined);
  if (tails.length > 0) return tails;
  return lane.last === null ? [] : [lane.last];
}

/** What a ticket behind this one waits for: it, or once it has closed what it still waits for. */
function openAt(ctx: Context, tail: TicketRef): readonly TicketRef[] {
  const run = namedRun(ctx, tail.run);
  return isOpen(run, tail) ? [tail] : ticketIn(run, tail).waitsFor;
}

/** Puts a ticket behind others: it waits for them as far as they are open. */
export function waitBehind(
  ctx: Context,
  ref: TicketRef,
  tails: readonly TicketRef[],
): readonly TicketRef[] {
  let waitsFor: readonly TicketRef[] = [];
  for (const tail of tails) waitsFor = union(waitsFor, openAt(ctx, tail));
  for (const other of waitsFor) {
    changeTicket(ctx, other, (ticket) => ({ ...ticket, blocks: union(ticket.blocks, [ref]) }));
  }
  return waitsFor;
}

/** Takes the last place of a lane for a driver's step run, or (driver null) a pipeline's run. */
export function joinLane(
  ctx: Context,
  lane: Lane,
  place: { readonly ref: TicketRef; readonly driver: string | null },
): { readonly lane: Lane; readonly ticket: Ticket } {
  const { ref, driver } = place;
  const waitsFor = waitBehind(ctx, ref, tailsOf(lane, driver));
  const next: Lane =
    driver === null
      ? { last: ref, drivers: {}, orphans: false }
      : { ...lane, drivers: { ...lane.drivers, [driver]: ref } };
  return { lane: next, ticket: { waitsFor, blocks: [] } };
}

/** Whether all who ever took a place in the lane have left it. */
export function isEmptyLane(ctx: Context, lane: Lane): boolean {
  return tailsOf(lane, null).every((tail) => openAt(ctx, tail).length === 0);
}

/** Leaves a lane for good. Answers the open tickets that are admitted by it. */
export function leaveLane(ctx: Context, ref: TicketRef): readonly TicketRef[] {
  const { waitsFor, blocks } = ticketIn(namedRun(ctx, ref.run), ref);
  const admitted: TicketRef[] = [];
  for (const behind of blocks) {
    const run = changeTicket(ctx, behind, (ticket) => ({
      ...ticket,
      waitsFor: union(without(ticket.waitsFor, ref), waitsFor),
    }));
    if (isAdmitted(ticketIn(run, behind)) && isOpen(run, behind)) admitted.push(behind);
  }
  for (const ahead of waitsFor) {
    changeTicket(ctx, ahead, (ticket) => ({ ...ticket, blocks: union(ticket.blocks, blocks) }));
  }
  if (blocks.length > 0) changeTicket(ctx, ref, (ticket) => ({ ...ticket, blocks: [] }));
  return admitted;
}

/** Makes a pipeline's run wait for the orphans before it as well (P4). */
export function waitForOrphans(
  ctx: Context,
  of: { run: Run; ticket: Ticket; last: TicketRef | null },
) {
  const { run, ticket, last } = of;
  const { kind: resource, name } = run.resource;
  const self: TicketRef = { run: run.id, step: null };
  let { waitsFor } = ticket;
  for (const key of ctx.view.search(ctx.ns, { kind: "openRuns", resource, name })) {
    const other = namedRun(ctx, String(key.parts[0]));
    const isOrphan = other.steps.length === 0 && !isRunEnded(other.state);
    if (!isOrphan || other.ticket !== null) continue;
    const ref: TicketRef = { run: other.id, step: null };
    const ahead = last === null ? [] : waitBehind(ctx, ref, [last]);
    putRun(ctx, { ...other, ticket: { waitsFor: ahead, blocks: [self] } });
    waitsFor = union(waitsFor, [ref]);
  }
  return { ...ticket, waitsFor };
}
