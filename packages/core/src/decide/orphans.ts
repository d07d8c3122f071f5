/**
 * Runs without a pipeline that were made while nobody listened: they wait for the first listener to
 * connect and are its (promise P5).
 *
 * O1 An orphan is nobody's, so no driver waits for it. A pipeline's run that comes after it does
 *    (promise P4): it gives the orphan a ticket, by which the two know each other.
 * O2 Adoption gives the orphan's step run a place in its adopter's chain: in front of such a
 *    pipeline run, else at the end of the lane.
 * O3 Orphans are adopted in the order in which they were accepted, whatever their event.
 */
import { assertRule } from "../errors.ts";
import type { Ticket, TicketRef } from "../nouns/resource.ts";
import { changedRun, type Run } from "../nouns/run.ts";
import { waitingStep } from "../nouns/step-states.ts";
import type { Key } from "../store/records.ts";
import { announceRun, type CommandOf, type Context, namedRun, putRun } from "./context.ts";
import { changeTicket, isSameRef, ticketIn, union, waitBehind, without } from "./lane.ts";
import { driverStep, takePlaces } from "./make-run.ts";
import { settle } from "./progress.ts";

/** Orphans that one decision adopts at most, so that others get their turn between two of them. */
export const ADOPT_LIMIT = 48;

/** Gives a driver that says hello the first orphans of its topics; tells whether some may remain. */
export function adoptOrphans(ctx: Context, command: CommandOf<"hello">): boolean {
  const found: Key<"orphan">[] = [];
  for (const resource of command.resources) {
    for (const event of command.events) {
      if (event === "delete") continue;
      const limit = ADOPT_LIMIT;
      const keys = ctx.view.search(ctx.ns, { kind: "orphans", resource, event, limit });
      found.push(...(keys as readonly Key<"orphan">[]));
    }
  }
  found.sort((a, b) => Number(a.parts[2]) - Number(b.parts[2]));
  for (const key of found.slice(0, ADOPT_LIMIT)) {
    if (ctx.view.get(key) === undefined) continue;
    ctx.view.delete(key);
    adopt(ctx, namedRun(ctx, String(key.parts[3])), command.driver);
  }
  return found.length >= ADOPT_LIMIT;
}

function adopt(ctx: Context, run: Run, driver: string): void {
  if (run.ticket !== null) {
    takePlaceAhead(ctx, { run, ticket: run.ticket }, driver);
    return;
  }
  const key = ctx.keys.resource(run.resource);
  const resource = ctx.view.get(key);
  assertRule(resource?.id === run.resource.id, "the orphans of a deleted resource have ended");
  const { lane } = takePlaces(ctx, changedRun(run, { steps: [driverStep(driver)] }), resource.lane);
  ctx.view.put(key, { ...resource, lane });
}

/** Puts an orphan's step run into the lane in front of the pipeline run that waits for it (O2). */
function takePlaceAhead(
  ctx: Context,
  orphan: { readonly run: Run; readonly ticket: Ticket },
  driver: string,
): void {
  const { run } = orphan;
  const old: TicketRef = { run: run.id, step: null };
  const ref: TicketRef = { run: run.id, step: driver };
  const { waitsFor: ahead, blocks } = orphan.ticket;
  const tails = tailsAhead(ctx, blocks, driver);
  for (const tail of tails) {
    changeTicket(ctx, tail, (ticket) => ({ ...ticket, blocks: minus(ticket.blocks, blocks) }));
  }
  for (const other of ahead) {
    changeTicket(ctx, other, (ticket) => ({ ...ticket, blocks: without(ticket.blocks, old) }));
  }
  for (const behind of blocks) {
    changeTicket(ctx, behind, (ticket) => ({
      ...ticket,
      waitsFor: union(minus(ticket.waitsFor, [old, ...tails]), [ref]),
    }));
  }
  const ticket = { waitsFor: waitBehind(ctx, ref, tails.length > 0 ? tails : ahead), blocks };
  const steps = [waitingStep(driverStep(driver), ticket)];
  putRun(ctx, changedRun(run, { ticket: null, steps }));
  settle(ctx, run.id);
  announceRun(ctx, namedRun(ctx, run.id));
}

/** The driver's last tickets before the pipeline run that was first to wait for an orphan. */
function tailsAhead(ctx: Context, blocks: readonly TicketRef[], driver: string) {
  const first = blocks[0];
  assertRule(first !== undefined, "a pipeline run waits for the orphan");
  const { waitsFor } = ticketIn(namedRun(ctx, first.run), first);
  return waitsFor.filter((ref) => ref.step === driver);
}

function minus(refs: readonly TicketRef[], gone: readonly TicketRef[]): readonly TicketRef[] {
  return refs.filter((ref) => !gone.some((other) => isSameRef(other, ref)));
}
