/** Resources: every accepted change is a version, a run and an event in one decision (P1). */
import type { Answers, ResourceContent } from "../commands.ts";
import { isEqualJson } from "../equal.ts";
import { assertRule } from "../errors.ts";
import type { Definition } from "../nouns/definition.ts";
import type { Pipeline } from "../nouns/pipeline.ts";
import { EMPTY_LANE, type Resource, type ResourceVersion } from "../nouns/resource.ts";
import type { Run } from "../nouns/run.ts";
import { cancelUnfinished } from "./cancel.ts";
import { type CommandOf, type Context, change, refuse, refuseDeleting } from "./context.ts";
import { missingDefinition } from "./definitions.ts";
import { makeRun } from "./make-run.ts";
import { missingPipeline } from "./pipelines.ts";
import { removeDeleted } from "./progress.ts";

export function createResource(
  ctx: Context,
  command: CommandOf<"createResource">,
): Answers["createResource"] {
  const { content, id, runId } = command;
  const existing = ctx.view.get(ctx.keys.resource(content));
  if (existing !== undefined && existing.phase !== "deleted") {
    refuse("resource_exists", `a resource ${content.kind} ${content.name} exists`, {
      hint:
        existing.phase === "deleting"
          ? "its name is free when its delete run has succeeded, or it was deleted with ?force=true"
          : `PUT /resources/${content.kind}/${content.name} changes it`,
    });
  }
  const pipeline = checkContent(ctx, content);
  const { kind, name } = content;
  const fresh = { id, kind, name, version: 1, lane: existing?.lane ?? EMPTY_LANE };
  const made = makeRun(ctx, {
    id: runId,
    event: "create",
    resource: fresh,
    pipeline,
    parent: null,
  });
  const resource: Resource = {
    id,
    kind,
    name,
    pipeline: content.pipeline,
    version: fresh.version,
    phase: "active",
    run: made?.run.id ?? null,
    lane: made?.lane ?? fresh.lane,
    createdAt: ctx.now,
    updatedAt: ctx.now,
  };
  ctx.view.put(ctx.keys.resource(content), resource);
  putVersion(ctx, resource, { content, run: made?.run ?? null });
  announce(ctx, resource, { what: "created", run: made?.run ?? null });
  return { resource, run: made?.run ?? null };
}

export function updateResource(
  ctx: Context,
  command: CommandOf<"updateResource">,
): Answers["updateResource"] {
  const { content, runId, ifVersion } = command;
  const existing = requestedResource(ctx, content);
  assertVersion(existing, ifVersion, "GET it, apply the change again, and PUT");
  if (existing.phase === "deleting") refuseDeleting(ctx, existing);
  const pipeline = checkContent(ctx, content);
  const current = ctx.view.get(ctx.keys.version(existing));
  assertRule(current !== undefined, "the newest version of a resource stands");
  if (isSame(current, content)) {
    return { resource: existing, version: current, run: null, changed: false };
  }
  const next = { ...existing, version: existing.version + 1, pipeline: content.pipeline };
  const made = makeRun(ctx, { id: runId, event: "update", resource: next, pipeline, parent: null });
  const run = made?.run ?? null;
  const resource: Resource = {
    ...next,
    run: run?.id ?? existing.run,
    lane: made?.lane ?? existing.lane,
    updatedAt: ctx.now,
  };
  ctx.view.put(ctx.keys.resource(content), resource);
  const version = putVersion(ctx, resource, { content, run });
  announce(ctx, resource, { what: "updated", run });
  return { resource, version, run, changed: true };
}

function assertVersion(resource: Resource, wanted: number | null, hint: string): void {
  if (wanted === null || wanted === resource.version) return;
  const message = `the resource is at version ${resource.version}, not ${wanted}`;
  refuse("version_conflict", message, { hint });
}

function isSame(version: ResourceVersion, content: ResourceContent): boolean {
  return (
    version.pipeline === content.pipeline &&
    isEqualJson(version.metadata, content.metadata) &&
    isEqualJson(version.spec, content.spec)
  );
}

function putVersion(
  ctx: Context,
  resource: Resource,
  of: { readonly content: ResourceContent; readonly run: Run | null },
): ResourceVersion {
  const version: ResourceVersion = {
    resource: resource.id,
    version: resource.version,
    pipeline: of.content.pipeline,
    metadata: of.content.metadata,
    spec: of.content.spec,
    run: of.run?.id ?? null,
    actor: ctx.actor,
    createdAt: ctx.now,
  };
  ctx.view.insert(ctx.keys.version(resource), version);
  return version;
}

function announce(
  ctx: Context,
  resource: Resource,
  of: { readonly what: string; readonly run: Run | null },
): void {
  change(ctx, {
    noun: "resource",
    name: resource.name,
    kind: resource.kind,
    what: of.what,
    run: of.run?.id ?? null,
  });
}

export function requestedResource(
  ctx: Context,
  at: { readonly kind: string; readonly name: string },
): Resource {
  const resource = ctx.view.get(ctx.keys.resource(at));
  if (resource !== undefined && resource.phase !== "deleted") return resource;
  return refuse("resource_not_found", `there is no resource ${at.kind} ${at.name}`);
}

function checkSpec(ctx: Context, definition: Definition, content: ResourceContent): void {
  const issues = ctx.rules.validateSpec(definition, content.spec);
  if (issues.length === 0) return;
  const prefixed = issues.map((issue) => ({ ...issue, path: `/spec${issue.path}` }));
  const message = prefixed.map(({ path, message: text }) => `${path} ${text}`).join("; ");
  refuse("invalid_spec", `the spec does not match definition ${definition.name}: ${message}`, {
    issues: prefixed,
  });
}

function checkContent(ctx: Context, content: ResourceContent): Pipeline | null {
  const definition = ctx.view.get(ctx.keys.definition(content.kind));
  if (definition === undefined) missingDefinition(content.kind, "/resource");
  const { pipeline: name } = content;
  const pipeline = name === null ? null : ctx.view.get(ctx.keys.pipeline(name));
  if (pipeline === undefined) missingPipeline(name ?? "", "/pipeline");
  if (pipeline !== null && pipeline.resource !== content.kind) {
    const message = `pipeline ${pipeline.name} is for ${pipeline.resource}, not ${content.kind}`;
    refuse("invalid_request", message, {
      issues: [{ path: "/pipeline", rule: "kind", message }],
    });
  }
  checkSpec(ctx, definition, content);
  return pipeline;
}

export function deleteResource(
  ctx: Context,
  command: CommandOf<"deleteResource">,
): Answers["deleteResource"] {
  const at = { kind: command.resource, name: command.name };
  const resource = requestedResource(ctx, at);
  assertVersion(resource, command.ifVersion, "GET it, and DELETE what is there now");
  const open = ctx.view.search(ctx.ns, { kind: "openRuns", resource: at.kind, name: at.name });
  const underway = resource.run === null ? undefined : ctx.view.get(ctx.keys.run(resource.run));
  const isDeleting = underway?.state === "pending" || underway?.state === "running";
  if (resource.phase === "deleting" && isDeleting && !command.force) return { run: underway };
  for (const key of open) cancelUnfinished(ctx, String(key.parts[0]), "superseded");
  const made = command.force ? null : makeDeleteRun(ctx, command, resource);
  const lane = made?.lane ?? resource.lane;
  const phase = made === null ? "deleted" : "deleting";
  const run = made?.run ?? null;
  ctx.view.put(ctx.keys.resource(at), {
    ...resource,
    phase,
    lane,
    run: run?.id ?? resource.run,
    updatedAt: ctx.now,
  });
  removeDeleted(ctx, at);
  announce(ctx, resource, { what: phase, run });
  return { run };
}

function makeDeleteRun(ctx: Context, command: CommandOf<"deleteResource">, resource: Resource) {
  const pipeline =
    resource.pipeline === null ? null : ctx.view.get(ctx.keys.pipeline(resource.pipeline));
  assertRule(pipeline !== undefined, "a pipeline stands while a resource names it");
  const { runId: id } = command;
  return makeRun(ctx, { id, event: "delete", resource, pipeline, parent: null });
}
