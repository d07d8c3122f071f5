/** Puts together what views and handlers need from several records. */
import type { DriverResult, Grant, JsonValue, Resource, Run } from "@conveyor-ci/core";
import { EMPTY_LANE, isStepEnded, ownOf } from "@conveyor-ci/core";
import type { Assignment, ResourceState, RunResults } from "../engine.ts";
import { type EngineContext, loadOne, missing } from "./context.ts";

/** A run with the data of the results that its step runs have so far. */
export async function withData(context: EngineContext, run: Run): Promise<RunResults> {
  const steps = run.steps.filter((step) => isStepEnded(step) && step.hasData);
  if (steps.length === 0) return { run, data: {} };
  const keys = steps.map((step) => context.keys.data({ run: run.id, step: step.id }));
  const records = await context.storage.load(keys);
  const data: Record<string, JsonValue> = {};
  for (const record of records) if (record !== undefined) data[record.step] = record.data;
  return { run, data };
}

/** The results of the step runs that have ended by their driver's word. */
export function resultsOf({ run, data }: RunResults): Record<string, DriverResult> {
  const results: Record<string, DriverResult> = {};
  for (const step of run.steps) {
    if (!isStepEnded(step) || (step.attempts.at(-1)?.finishedAt ?? null) === null) continue;
    const success = step.state === "succeeded";
    results[step.id] = { success, message: step.message ?? "", data: ownOf(data, step.id) ?? null };
  }
  return results;
}

async function runOf(context: EngineContext, id: string | null): Promise<RunResults | null> {
  if (id === null) return null;
  const run = await loadOne(context, context.keys.run(id));
  return run === undefined ? null : withData(context, run);
}

/** A resource at its newest version, or at an older one with the run which that version made. */
export async function stateOf(
  context: EngineContext,
  resource: Resource,
  version: number = resource.version,
): Promise<ResourceState> {
  const record = await loadOne(context, context.keys.version({ id: resource.id, version }));
  if (record === undefined) {
    return missing(
      "version_not_found",
      `${resource.kind} ${resource.name} has no version ${version}; the newest is ${resource.version}`,
    );
  }
  const run = version === resource.version ? resource.run : record.run;
  return { resource, version: record, run: await runOf(context, run) };
}

/** What the handler of a granted step run gets: the pinned version and the results so far. */
export async function assignmentOf(context: EngineContext, grant: Grant): Promise<Assignment> {
  const { run, token, step, attempt } = grant;
  const { id, kind, name, version } = run.resource;
  const key = context.keys.version({ id, version });
  const record = grant.version ?? (await loadOne(context, key));
  if (record === undefined) throw new Error(`version ${version} of ${kind} ${name} is not stored`);
  const results = await withData(context, run);
  const resource: Resource = {
    id,
    kind,
    name,
    pipeline: record.pipeline,
    version,
    phase: run.event === "delete" ? "deleting" : "active",
    run: run.id,
    lane: EMPTY_LANE,
    createdAt: record.createdAt,
    updatedAt: record.createdAt,
  };
  return {
    token,
    run,
    step,
    attempt,
    resource: { resource, version: record, run: results },
    results: resultsOf(results),
  };
}
