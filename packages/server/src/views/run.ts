import type { WireAttempt, WireRun, WireStepRun, WireWhy } from "@conveyor-ci/contract";
import { type Attempt, isStepEnded, ownOf, type Run, type StepRun } from "@conveyor-ci/core";
import type { RunDetails, Why } from "@conveyor-ci/engine";
import { viewResult } from "./result.ts";
import { viewTime, viewTimeOrNull } from "./time.ts";

/** A run with everything. */
export function viewRun({ run, data, why, stepWhy }: RunDetails): WireRun {
  const steps = run.steps.map((step) => {
    const own = ownOf(stepWhy, step.id);
    const result = viewResult(step, ownOf(data, step.id));
    const view: WireStepRun = { ...viewStep(step), result };
    return own === undefined || own.length === 0 ? view : { ...view, why: own.map(viewWhy) };
  });
  return { ...viewRunHead(run), steps, why: why.map(viewWhy) };
}

/** A run as in lists: without the data of results and without reasons. */
export function viewListedRun(run: Run): WireRun {
  return { ...viewRunHead(run), steps: run.steps.map(viewStep), why: [] };
}

function viewRunHead(run: Run): Omit<WireRun, "steps" | "why"> {
  const { id, state, event, resource, pipeline, parent, actor } = run;
  return {
    id,
    state,
    event,
    resource: { kind: resource.kind, name: resource.name, version: String(resource.version) },
    pipeline: pipeline === null ? null : { name: pipeline.name, revision: pipeline.revision },
    parent,
    actor,
    createdAt: viewTime(run.createdAt),
    startedAt: viewTimeOrNull(run.startedAt),
    finishedAt: viewTimeOrNull(run.finishedAt),
  };
}

function viewStep(step: StepRun): WireStepRun {
  const { id, name, driver, state } = step;
  const result = viewResult(step, undefined);
  const ended = isStepEnded(step) ? step : null;
  return {
    id,
    ...(name === null ? {} : { name }),
    driver,
    state,
    ...(ended === null || ended.code === null ? {} : { code: ended.code }),
    ...(ended === null || ended.message === null ? {} : { message: ended.message }),
    result: result === null ? null : { success: result.success, message: result.message },
    attempts: step.attempts.map(viewAttempt),
  };
}

function viewAttempt(attempt: Attempt): WireAttempt {
  const { number, instance, outcome, code, message, stuck } = attempt;
  return {
    number,
    instance,
    startedAt: viewTime(attempt.startedAt),
    finishedAt: viewTimeOrNull(attempt.finishedAt),
    outcome,
    ...(code === null ? {} : { code }),
    ...(message === null ? {} : { message }),
    ...(stuck ? { stuck: true } : {}),
  };
}

function viewWhy(why: Why): WireWhy {
  const { code, message, hint, since } = why;
  return { code, message, ...(hint === undefined ? {} : { hint }), since: viewTime(since) };
}
