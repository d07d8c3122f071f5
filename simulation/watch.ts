/**
 * What must hold at every commit, and shortly after it.
 *
 * W1 Lines and results are taken only from the lease that was granted last for their step run.
 * W2 The handler of a lease that is to stop, or is replaced, is told within a second if nothing keeps
 *    the message from its instance; and when its instance knows that the lease is lost, in any case.
 * W3 What core promises of its records holds between any two commands; looked at now and then, as it
 *    costs more than a decision.
 * W4 History is fixed, what is refused changes nothing, and no lease is lost without a reason:
 *    fixed-history.ts, refusals.ts, lease-ends.ts.
 */
import {
  brokenOrder,
  brokenProgress,
  brokenStates,
  brokenTables,
  brokenTickets,
  type Records,
} from "@conveyor-ci/core/invariants";
import type { Commit } from "./disk.ts";
import { watchHistory } from "./fixed-history.ts";
import { watchLeases } from "./lease-ends.ts";
import { watchRefusals } from "./refusals.ts";
import type { Stage } from "./stage.ts";

const TOLD_WITHIN_MS = 1_000;

/** One commit of so many is followed by a look at all records. */
const LOOK_EVERY = 16;

export function watchCommits(stage: Stage): void {
  const { world, orphans } = stage;
  const { disk } = world;
  const newest = new Map<string, number>();
  let position = 0;
  stage.onLost = (token) => toldOfLoss(stage, token);
  let commits = 0;
  for (const watch of [watchHistory, watchRefusals, watchLeases]) disk.watch(watch(stage)); // W4
  disk.watch((commit) => {
    takenFromHolders(stage, commit, newest);
    for (const change of commit.result.changes) {
      if (change.position !== position + 1) {
        world.broken.push(`change ${change.position} follows change ${position}`);
      }
      position = change.position;
    }
    toldInTime(stage, commit);
    // Also those that were adopted by the very batch that made them.
    for (const effect of commit.result.effects) {
      if (effect.kind === "runChanged" && effect.run.steps.length === 0) orphans.add(effect.run.id);
    }
    commits += 1;
    if (commits % LOOK_EVERY === 0) world.broken.push(...brokenRecords(disk, orphans));
  });
}

/** W3 */
export function brokenRecords(records: Records, orphans: ReadonlySet<string>): readonly string[] {
  return [
    ...brokenTables(records),
    ...brokenStates(records),
    ...brokenTickets(records),
    ...brokenOrder(records, orphans),
    ...brokenProgress(records),
  ];
}

/** W1 */
function takenFromHolders({ world }: Stage, commit: Commit, newest: Map<string, number>): void {
  const { commands, result } = commit;
  for (const [index, command] of commands.entries()) {
    if (command.kind !== "recordResult" && command.kind !== "appendLines") continue;
    const outcome = result.outcomes[index];
    if (outcome?.ok !== true) continue;
    const { run, step, token } = command.lease;
    const holder = newest.get(`${run}/${step}`);
    const isRepeated = "state" in (outcome.value ?? {}) && stateIn(outcome.value) === "repeated";
    const isAppended =
      command.kind === "appendLines" &&
      result.effects.some((effect) => effect.kind === "appended" && effect.chunk.run === run);
    if (isRepeated || (command.kind === "appendLines" && !isAppended)) continue;
    if (holder !== token) {
      world.broken.push(`${command.kind} of lease ${token} was taken, ${String(holder)} holds it`);
    }
  }
  for (const effect of result.effects) {
    if (effect.kind !== "granted") continue;
    const { run, step, token } = effect.grant;
    const before = newest.get(`${run.id}/${step}`) ?? 0;
    if (token <= before) world.broken.push(`lease ${token} was granted after lease ${before}`);
    newest.set(`${run.id}/${step}`, token);
  }
}

function stateIn(value: unknown): unknown {
  return (value as { readonly state?: unknown }).state;
}

/** W2 */
function toldOfLoss({ world, notes }: Stage, token: number): void {
  const note = notes.find(({ fence }) => fence === token);
  if (note === undefined) return;
  world.scheduler.after(TOLD_WITHIN_MS, () => {
    if (note.endAt !== null || note.abortedBy !== null || !note.process.isRunning) return;
    world.broken.push(`the handler of lease ${token} goes on though the lease is lost`);
  });
}

/** W2 */
function toldInTime(stage: Stage, { result }: Commit): void {
  const { world, notes } = stage;
  const { failingDisk, slowDisk } = world.shape.faults;
  if (failingDisk > 0 || slowDisk > 0) return;
  for (const effect of result.effects) {
    if (effect.kind !== "cancel" && effect.kind !== "revoked") continue;
    const { session, token } = effect;
    const instance = stage.instances.find(
      ({ shape }) => `${shape.driver}/${shape.name}` === session,
    );
    const note = notes.find(({ fence }) => fence === token);
    const { server } = stage;
    if (instance === undefined || note === undefined || note.endAt !== null) continue;
    if (!instance.isReachedBy(server.process) || note.process !== instance.process) continue;
    const { troubles } = instance;
    world.scheduler.after(TOLD_WITHIN_MS, () => {
      if (instance.troubles !== troubles || !instance.isReachedBy(server.process)) return;
      if (note.endAt !== null || note.abortedBy !== null) return;
      world.broken.push(`the handler of lease ${token} was not told: ${effect.kind}`);
    });
  }
}
