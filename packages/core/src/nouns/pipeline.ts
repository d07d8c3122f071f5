/** A pipeline: a named, revisioned graph of steps for one kind of resource. */
import type { EventName } from "./event.ts";

export interface PipelineStep {
  readonly id: string;
  readonly name: string | null;
  readonly driver: string;
  /** The longest that one attempt may take, as written; null: no bound. */
  readonly timeout: string | null;
  /** Ids of the steps that must have succeeded first; null where the order listed decides. */
  readonly needs: readonly string[] | null;
}

/** What an author says of a pipeline; two equal contents are one revision. */
export interface PipelineContent {
  readonly name: string;
  readonly description: string | null;
  readonly version: string | null;
  readonly resource: string;
  readonly events: readonly EventName[];
  readonly steps: readonly PipelineStep[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** One immutable revision; the newest one is the pipeline. */
export interface Pipeline extends PipelineContent {
  readonly id: string;
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The steps, each with the ids it waits for: its `needs`, or the step before it when none has any. */
export function withNeeds(
  steps: readonly PipelineStep[],
): readonly (PipelineStep & { readonly needs: readonly string[] })[] {
  const isGraph = steps.some((step) => step.needs !== null);
  return steps.map((step, index) => {
    if (isGraph) return { ...step, needs: step.needs ?? [] };
    const previous = steps[index - 1];
    return { ...step, needs: previous === undefined ? [] : [previous.id] };
  });
}
