/** Pipelines: each changed content is a new immutable revision. */
import type { Answers } from "../commands.ts";
import { parseDurationMs } from "../duration.ts";
import { isEqualJson } from "../equal.ts";
import type { Issue } from "../errors.ts";
import type { JsonValue } from "../nouns/definition.ts";
import { type Pipeline, type PipelineContent, withNeeds } from "../nouns/pipeline.ts";
import { type CommandOf, type Context, change, refuse } from "./context.ts";
import { missingDefinition } from "./definitions.ts";

export function putPipeline(
  ctx: Context,
  command: CommandOf<"putPipeline">,
): Answers["putPipeline"] {
  const { content, id, mode } = command;
  const key = ctx.keys.pipeline(content.name);
  const existing = ctx.view.get(key);
  if (existing === undefined && mode === "replace") missingPipeline(content.name);
  const issues = pipelineIssues(content);
  if (issues.length > 0) {
    const message = issues.map((issue) => issue.message).join("; ");
    refuse("invalid_pipeline", message, { issues });
  }
  if (ctx.view.get(ctx.keys.definition(content.resource)) === undefined) {
    missingDefinition(content.resource, "/resource");
  }
  if (existing !== undefined && isSame(existing, content)) {
    return { pipeline: existing, outcome: "unchanged" };
  }
  const pipeline: Pipeline = {
    ...content,
    id: existing?.id ?? id,
    revision: (existing?.revision ?? 0) + 1,
    createdAt: existing?.createdAt ?? ctx.now,
    updatedAt: ctx.now,
  };
  ctx.view.put(key, pipeline);
  ctx.view.insert(ctx.keys.revision(pipeline), pipeline);
  const outcome = existing === undefined ? "created" : "changed";
  change(ctx, { noun: "pipeline", name: content.name, what: outcome });
  return { pipeline, outcome };
}

/** `path`: where the input names it. */
export function missingPipeline(name: string, path?: string): never {
  const message = `there is no pipeline named ${name}`;
  return refuse("pipeline_not_found", message, {
    hint: "POST /pipelines/ creates it",
    ...(path === undefined ? {} : { issues: [{ path, rule: "exists", message }] }),
  });
}

function isSame(pipeline: Pipeline, content: PipelineContent): boolean {
  const { id: _, revision: _r, createdAt: _c, updatedAt: _u, ...old } = pipeline;
  return isEqualJson(old as unknown as JsonValue, content as unknown as JsonValue);
}

/** What does not fit together in a pipeline's steps, each with the path of the value. */
export function pipelineIssues(content: PipelineContent): readonly Issue[] {
  const issues: Issue[] = [];
  const { steps } = content;
  if (steps.length === 0) {
    issues.push({ path: "/steps", rule: "minItems", message: "a pipeline has at least one step" });
  }
  const ids = new Set<string>();
  for (const [index, step] of steps.entries()) {
    const path = `/steps/${index}`;
    if (ids.has(step.id)) {
      issues.push({
        path: `${path}/id`,
        rule: "unique",
        message: `two steps have the id ${step.id}`,
      });
    }
    ids.add(step.id);
    if (step.timeout !== null && parseDurationMs(step.timeout) === undefined) {
      const message = `timeout ${step.timeout} is not a duration such as 500ms, 30s, 5m or 2h`;
      issues.push({ path: `${path}/timeout`, rule: "duration", message });
    }
  }
  for (const [index, step] of steps.entries()) {
    for (const [at, need] of (step.needs ?? []).entries()) {
      if (ids.has(need)) continue;
      const message = `step ${step.id} needs ${need}, which is no step of this pipeline`;
      issues.push({ path: `/steps/${index}/needs/${at}`, rule: "exists", message });
    }
  }
  return issues.length > 0 ? issues : cycleIssues(content);
}

/** Takes away steps that need nothing that is left; what then remains waits for itself. */
function cycleIssues(content: PipelineContent): readonly Issue[] {
  let left = withNeeds(content.steps).map((step, index) => ({ ...step, index }));
  for (;;) {
    const ids = new Set(left.map(({ id }) => id));
    const next = left.filter((one) => one.needs.some((need) => ids.has(need)));
    if (next.length === left.length) break;
    left = next;
  }
  const first = left[0];
  if (first === undefined) return [];
  const names = left.map(({ id }) => id).join(", ");
  const message =
    left.length === 1 ? `step ${names} waits for itself` : `the steps ${names} wait for each other`;
  return [{ path: `/steps/${first.index}/needs`, rule: "acyclic", message }];
}

export function deletePipeline(ctx: Context, command: CommandOf<"deletePipeline">): null {
  const { name } = command;
  const key = ctx.keys.pipeline(name);
  if (ctx.view.get(key) === undefined) missingPipeline(name);
  const user = ctx.view.search(ctx.ns, { kind: "usesOfPipeline", name })[0];
  if (user !== undefined) {
    refuse("pipeline_in_use", `${user.table} ${user.parts.at(-1)} still uses pipeline ${name}`, {
      hint: "delete what uses it or give it another pipeline, and let its runs end",
    });
  }
  ctx.view.delete(key);
  change(ctx, { noun: "pipeline", name, what: "deleted" });
  return null;
}
