/**
 * History is fixed (P7), looked at with every record that is written.
 *
 * F1 A version, a revision, the data of a result and a chunk of lines are written once.
 * F2 Of a run only what is to come changes. What it is of, its step runs and attempts that have ended
 *    and, once it has ended, all of it stay; but for tickets, by which those behind it find who is
 *    ahead.
 * F3 A rerun is a run of its own, of its parent's event, version and revision, and names its parent.
 */
import { isRunEnded, isStepEnded, type Run, type StepRun } from "@conveyor-ci/core";
import type { Commit } from "./disk.ts";
import type { Stage } from "./stage.ts";

const WRITTEN_ONCE: ReadonlySet<string> = new Set(["version", "revision", "data", "chunk"]);

export function watchHistory({ world }: Stage): (commit: Commit) => void {
  return (commit) => {
    for (const { key, before, after } of commit.written) {
      if (before === undefined) continue;
      if (WRITTEN_ONCE.has(key.table) && !isSame(before, after)) {
        const what = after === undefined ? "deleted" : "changed";
        world.broken.push(`the ${key.table} ${key.parts.join("/")} was ${what}`);
      }
      if (key.table === "run") {
        world.broken.push(...changesOfRun(before as Run, after as Run | undefined));
      }
    }
    for (const [index, command] of commit.commands.entries()) {
      const outcome = commit.result.outcomes[index];
      if (command.kind !== "rerunRun" || outcome?.ok !== true) continue;
      const { run } = outcome.value as { readonly run: Run };
      world.seen("rerun");
      const parent = world.disk.all("run").find(({ id }) => id === command.run);
      world.broken.push(...wrongRerun(run, parent));
    }
  };
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** What a run is of. */
function factsOf(run: Run): readonly unknown[] {
  const { id, position, event, resource, pipeline, parent, actor, createdAt } = run;
  return [id, position, event, resource, pipeline, parent, actor, createdAt];
}

function stepFactsOf({ id, name, driver, needs, timeoutMs }: StepRun): readonly unknown[] {
  return [id, name, driver, needs, timeoutMs];
}

/** F2 */
function* changesOfRun(before: Run, after: Run | undefined): Generator<string> {
  const name = `run ${before.id}`;
  if (after === undefined) {
    yield `${name} was deleted`;
    return;
  }
  if (!isSame(factsOf(before), factsOf(after))) yield `${name} is of something else now`;
  if (isRunEnded(before.state)) {
    const endOf = ({ state, startedAt, finishedAt }: Run) => [state, startedAt, finishedAt];
    if (!isSame(endOf(before), endOf(after))) yield `${name}, which had ended, changed`;
  }
  if (before.steps.length === 0 && !isRunEnded(before.state)) return;
  if (before.steps.length !== after.steps.length) yield `${name} has other step runs now`;
  for (const [index, step] of before.steps.entries()) {
    const next = after.steps[index];
    if (next === step) continue;
    if (next === undefined || !isSame(stepFactsOf(step), stepFactsOf(next))) {
      yield `${name} has another step run in place of ${step.id}`;
    } else if (hasChanged(step, next)) yield `${name}: what had ended of step ${step.id} changed`;
  }
}

/** Whether what has ended of a step run is another. */
function hasChanged(step: StepRun, next: StepRun): boolean {
  if (isStepEnded(step)) return !isSame({ ...step, ticket: null }, { ...next, ticket: null });
  return step.attempts.some(
    (attempt, index) => attempt.finishedAt !== null && !isSame(attempt, next.attempts[index]),
  );
}

/** F3 */
function* wrongRerun(run: Run, parent: Run | undefined): Generator<string> {
  if (parent === undefined) {
    yield `run ${run.id} is a rerun of nothing`;
    return;
  }
  if (run.parent !== parent.id) yield `rerun ${run.id} does not name its parent ${parent.id}`;
  if (run.id === parent.id || run.position <= parent.position) {
    yield `rerun ${run.id} of ${parent.id} is no new run`;
  }
  const ofParent = ({ event, resource, pipeline }: Run) => [event, resource, pipeline];
  if (!isSame(ofParent(run), ofParent(parent))) {
    yield `rerun ${run.id} is not of the event, version and revision of ${parent.id}`;
  }
}
