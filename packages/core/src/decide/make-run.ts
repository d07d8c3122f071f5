/** Makes the run of an event: its step runs, pinned to a version and a revision, in its lane. */

import { parseDurationMs } from "../duration.ts";
import type { EventName } from "../nouns/event.ts";
import { type Pipeline, type PipelineStep, withNeeds } from "../nouns/pipeline.ts";
import type { Lane, Resource } from "../nouns/resource.ts";
import { changedRun, type Run, type StepRun } from "../nouns/run.ts";
import { waitingStep } from "../nouns/step-states.ts";
import { announceRun, type Context, namedRun, putRun } from "./context.ts";
import { joinLane, waitForOrphans } from "./lane.ts";
import { settle } from "./progress.ts";

export interface NewRun {
  readonly id: string;
  readonly event: EventName;
  readonly resource: Pick<Resource, "id" | "kind" | "name" | "version" | "lane">;
  /** The revision to follow; null: the drivers that listen. */
  readonly pipeline: Pipeline | null;
  readonly parent: string | null;
}

export interface MadeRun {
  readonly run: Run;
  readonly lane: Lane;
}

/** Drivers that listen to an event of a kind, connected or not, by name. */
export function listenersOf(ctx: Context, kind: string, event: EventName): readonly string[] {
  const drivers = ctx.view.get(ctx.keys.listeners(kind))?.drivers ?? {};
  const listening = Object.entries(drivers).filter(([, events]) => events.includes(event));
  return listening.map(([name]) => name).sort();
}

/** The run, or null when nobody asked for this event: the pipeline, or for `delete` any driver. */
export function makeRun(ctx: Context, wanted: NewRun): MadeRun | null {
  const { event, pipeline, resource } = wanted;
  if (pipeline !== null) {
    return pipeline.events.includes(event) ? makePipelineRun(ctx, wanted, pipeline) : null;
  }
  const drivers = listenersOf(ctx, resource.kind, event);
  if (drivers.length === 0 && event === "delete") return null;
  const run = startRun(ctx, wanted, drivers.map(driverStep));
  if (drivers.length > 0) return takePlaces(ctx, run, resource.lane);
  const orphan = { kind: resource.kind, event, position: run.position, run: run.id };
  ctx.view.insert(ctx.keys.orphan(orphan), orphan);
  return { run: announced(ctx, run), lane: { ...resource.lane, orphans: true } };
}

function makePipelineRun(ctx: Context, wanted: NewRun, pipeline: Pipeline): MadeRun {
  const steps = withNeeds(pipeline.steps).map(pipelineStep);
  const run = startRun(ctx, wanted, steps);
  const place = { ref: { run: run.id, step: null }, driver: null };
  const { last, orphans } = wanted.resource.lane;
  const joined = joinLane(ctx, wanted.resource.lane, place);
  const { ticket } = joined;
  const behind = orphans ? waitForOrphans(ctx, { run, ticket, last }) : ticket;
  putRun(ctx, changedRun(run, { ticket: behind }));
  settle(ctx, run.id);
  return { run: announced(ctx, run), lane: joined.lane };
}

/** Gives each step run of a run without a pipeline its place, and queues those that are first. */
export function takePlaces(ctx: Context, run: Run, lane: Lane): MadeRun {
  let next = lane;
  const steps: StepRun[] = [];
  for (const step of run.steps) {
    const joined = joinLane(ctx, next, {
      ref: { run: run.id, step: step.id },
      driver: step.driver,
    });
    next = joined.lane;
    steps.push(waitingStep(step, joined.ticket));
  }
  putRun(ctx, changedRun(run, { steps }));
  settle(ctx, run.id);
  return { run: announced(ctx, run), lane: next };
}

function announced(ctx: Context, run: Run): Run {
  const current = namedRun(ctx, run.id);
  announceRun(ctx, current);
  return current;
}

function startRun(ctx: Context, wanted: NewRun, steps: readonly StepRun[]): Run {
  const { id, event, resource, pipeline, parent } = wanted;
  const run: Run = {
    id,
    position: ctx.numbers.nextRunPosition(),
    state: "pending",
    event,
    resource: {
      id: resource.id,
      kind: resource.kind,
      name: resource.name,
      version: resource.version,
    },
    pipeline:
      pipeline === null
        ? null
        : { id: pipeline.id, name: pipeline.name, revision: pipeline.revision },
    parent,
    actor: ctx.actor,
    ticket: null,
    steps,
    createdAt: ctx.now,
    startedAt: null,
    finishedAt: null,
  };
  ctx.view.insert(ctx.keys.run(id), run);
  return run;
}

/** The step run of a driver in a run without a pipeline: its id is the driver's name. */
export function driverStep(driver: string): StepRun {
  return waitingStep({ id: driver, name: null, driver, needs: [], timeoutMs: null });
}

function pipelineStep(step: PipelineStep & { readonly needs: readonly string[] }): StepRun {
  const timeoutMs = parseDurationMs(step.timeout ?? "") ?? null;
  return waitingStep({ ...step, timeoutMs });
}
