import type { WireResource, WireResourceStatus, WireStepResult } from "@conveyor-ci/contract";
import { isRunEnded, ownOf } from "@conveyor-ci/core";
import type { ResourceState, RunResults } from "@conveyor-ci/engine";
import { viewResult } from "./result.ts";
import { viewTime } from "./time.ts";

/** Name of the metadata entry with the version. */
export const VERSION_ENTRY = "version";
/** Beginning of the metadata entries with results, by driver. */
export const RESULT_PREFIX = "driverresults.";

/** Entries of `metadata` that the server writes and that a body cannot set. */
export function isOwnedEntry(name: string): boolean {
  return name === VERSION_ENTRY || name.startsWith(RESULT_PREFIX);
}

/** A resource at one version, with the standing of its run beside it (P7). */
export function viewResource(state: ResourceState): WireResource {
  const { resource, version, run } = state;
  const metadata: Record<string, string> = { ...version.metadata };
  metadata[VERSION_ENTRY] = String(version.version);
  const results = run === null ? {} : resultsOf(run);
  for (const { driver, ...result } of Object.values(results)) {
    metadata[RESULT_PREFIX + driver] = JSON.stringify(result);
  }
  return {
    id: resource.id,
    name: resource.name,
    ...(version.pipeline === null ? {} : { pipeline: version.pipeline }),
    resource: resource.kind,
    metadata,
    spec: version.spec,
    actor: version.actor,
    changedAt: viewTime(version.createdAt),
    status: { phase: phaseOf(state), run: run?.run.id ?? null, results },
  };
}

function phaseOf({ resource, version, run }: ResourceState): WireResourceStatus["phase"] {
  const state = run?.run.state ?? null;
  if (resource.phase === "deleting" && version.version === resource.version) {
    // A run that succeeded has taken the resource away between the two readings.
    const isOver = state !== null && isRunEnded(state) && state !== "succeeded";
    return isOver ? "deletion_failed" : "deleting";
  }
  return state ?? "idle";
}

function resultsOf({ run, data }: RunResults): Record<string, WireStepResult> {
  const results: Record<string, WireStepResult> = {};
  for (const step of run.steps) {
    const result = viewResult(step, ownOf(data, step.id));
    if (result !== null) results[step.id] = { driver: step.driver, ...result };
  }
  return results;
}
