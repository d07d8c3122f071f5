/** Cancelling and rerunning whole runs. */
import type { Answers } from "../commands.ts";
import { assertRule } from "../errors.ts";
import type { Resource } from "../nouns/resource.ts";
import { type CancelReason, changedRun, isRunEnded, isStepEnded, type Run } from "../nouns/run.ts";
import {
  announceRun,
  type CommandOf,
  type Context,
  change,
  namedRun,
  namedStep,
  putRun,
  refuse,
  refuseDeleting,
  requestedRun,
} from "./context.ts";
import { makeRun } from "./make-run.ts";
import { cancelStep, endRun, endStep } from "./progress.ts";

export function cancelRun(ctx: Context, command: CommandOf<"cancelRun">): Answers["cancelRun"] {
  const run = requestedRun(ctx, command.run);
  if (isRunEnded(run.state)) {
    refuse("run_finished", `run ${run.id} has ended: ${run.state}`);
  }
  cancelUnfinished(ctx, run.id, command.reason);
  return { run: namedRun(ctx, run.id) };
}

/**
 * Ends at once what no instance works on, tells the others to stop; the run ends with its last
 * step run.
 */
export function cancelUnfinished(ctx: Context, id: string, reason: CancelReason): void {
  const run = namedRun(ctx, id);
  if (isRunEnded(run.state)) return;
  if (run.state !== "cancelling") {
    announceRun(ctx, putRun(ctx, changedRun(run, { state: "cancelling" })));
  }
  if (run.steps.length === 0) {
    const { kind } = run.resource;
    const { event, position } = run;
    ctx.view.delete(ctx.keys.orphan({ kind, event, position, run: id }));
    endRun(ctx, namedRun(ctx, id));
    return;
  }
  for (const { id: stepId } of run.steps) {
    const at = { run: id, step: stepId };
    const { step } = namedStep(ctx, at);
    if (isStepEnded(step) || step.state === "cancelling") continue;
    if (step.state === "running") cancelStep(ctx, at, reason);
    else endStep(ctx, at, { state: "cancelled", code: null, message: null, outcome: "lost" });
  }
}

/** A new run of the parent's event, version and revision, at the end of the lane (P7). */
export function rerunRun(ctx: Context, command: CommandOf<"rerunRun">): Answers["rerunRun"] {
  const parent = requestedRun(ctx, command.run);
  const { kind, name, id, version } = parent.resource;
  const key = ctx.keys.resource({ kind, name });
  const resource = ctx.view.get(key);
  if (resource === undefined || resource.id !== id || resource.phase === "deleted") {
    refuse("resource_gone", `${kind} ${name}, of which run ${parent.id} was, is gone`);
  }
  if (resource.phase === "deleting") refuseWhileDeleting(ctx, parent, resource);
  const pinned = parent.pipeline === null ? null : ctx.view.get(ctx.keys.revision(parent.pipeline));
  assertRule(pinned !== undefined, "the revision of a run stays");
  const made = makeRun(ctx, {
    id: command.runId,
    event: parent.event,
    resource: { ...resource, version },
    pipeline: pinned,
    parent: parent.id,
  });
  if (made === null)
    refuse("resource_gone", `nobody listens to ${parent.event} of ${kind} any more`);
  ctx.view.put(key, { ...resource, run: made.run.id, lane: made.lane });
  change(ctx, { noun: "run", name, kind, run: made.run.id, what: "rerun" });
  return { run: made.run };
}

/** While a resource is being deleted, only a deletion that has failed may be tried again. */
function refuseWhileDeleting(ctx: Context, parent: Run, resource: Resource): void {
  assertRule(resource.run !== null, "a resource is being deleted by a run");
  const newest = namedRun(ctx, resource.run);
  if (parent.event === "delete" && isRunEnded(newest.state)) return;
  refuseDeleting(ctx, resource);
}
