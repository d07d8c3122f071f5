import type { WirePipeline, WirePipelineStep } from "@conveyor-ci/contract";
import type { Pipeline, PipelineStep } from "@conveyor-ci/core";

export function viewPipeline(pipeline: Pipeline): WirePipeline {
  const { id, name, description, version, resource, events, metadata, revision } = pipeline;
  return {
    id,
    name,
    ...(description === null ? {} : { description }),
    ...(version === null ? {} : { version }),
    resource,
    events,
    steps: pipeline.steps.map(viewPipelineStep),
    metadata,
    revision,
  };
}

function viewPipelineStep(step: PipelineStep): WirePipelineStep {
  const { id, name, driver, timeout, needs } = step;
  return {
    id,
    ...(name === null ? {} : { name }),
    driver,
    ...(timeout === null ? {} : { timeout }),
    ...(needs === null ? {} : { needs }),
  };
}
