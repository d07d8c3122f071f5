/** The history as the invariants of chaos judge it: what observers saw, and what is stored. */
import type { WireChange, WireRun } from "@conveyor-ci/contract";
import { type Change, isStepEnded, type Run } from "@conveyor-ci/core";
import type { Evidence, Follow, Handler, StoredLine } from "../chaos/evidence.ts";
import type { Disk } from "./disk.ts";
import type { HandlerNote } from "./handlers.ts";
import type { LogReader } from "./readers.ts";
import type { Stage } from "./stage.ts";

const MAX_DELIVERIES = 5;

const textOf = (ms: number): string => new Date(ms).toISOString();
const textOrNull = (ms: number | null): string | null => (ms === null ? null : textOf(ms));

export function evidenceOf(stage: Stage): Evidence {
  const { disk } = stage.world;
  return {
    sent: [],
    versions: new Map(),
    runs: new Map(disk.all("run").map((run) => [run.id, viewRun(run)])),
    changes: stage.feedReader.changes.map(viewChange),
    lines: linesOf(disk),
    handlers: stage.notes.map(handlerOf),
    follows: stage.logReaders.filter(({ driver }) => driver === null).map(followOf),
    silences: [],
    readsWhileFull: { tried: 0, failures: [] },
    limits: { maxDeliveries: MAX_DELIVERIES, concurrency: Infinity },
  };
}

function viewChange({ at, kind, run, ...change }: Change): WireChange {
  return {
    ...change,
    at: textOf(at),
    ...(kind === null ? {} : { kind }),
    ...(run === null ? {} : { run }),
  };
}

function viewRun(run: Run): WireRun {
  const { id, state, event, resource, pipeline, parent, actor } = run;
  const { kind, name, version } = resource;
  return {
    id,
    state,
    event,
    resource: { kind, name, version: String(version) },
    pipeline,
    parent,
    actor,
    createdAt: textOf(run.createdAt),
    startedAt: textOrNull(run.startedAt),
    finishedAt: textOrNull(run.finishedAt),
    steps: run.steps.map((step) => ({
      id: step.id,
      driver: step.driver,
      state: step.state,
      result: isStepEnded(step)
        ? { success: step.state === "succeeded", message: step.message ?? "", data: null }
        : null,
      attempts: step.attempts.map(({ number, instance, startedAt, finishedAt, outcome }) => ({
        number,
        instance,
        startedAt: textOf(startedAt),
        finishedAt: textOrNull(finishedAt),
        outcome,
      })),
    })),
    why: [],
  };
}

/** Lines as they are stored, by run. */
export function linesOf(disk: Disk): ReadonlyMap<string, readonly StoredLine[]> {
  const chunks = [...disk.all("chunk")].sort(
    (a, b) => a.position - b.position || a.first - b.first,
  );
  const byRun = new Map<string, StoredLine[]>();
  for (const { run, step, attempt, first, lines } of chunks) {
    const stored = byRun.get(run) ?? [];
    byRun.set(run, stored);
    for (const [index, { message }] of lines.entries()) {
      stored.push({ seq: first + index, step, attempt, message });
    }
  }
  return byRun;
}

function handlerOf(note: HandlerNote): Handler {
  const { process: _, abortedBy, abortedAt, ...handler } = note;
  return { ...handler, lostAt: abortedBy === "lease_lost" ? abortedAt : null };
}

function followOf({ run, lines, hasEnded }: LogReader): Follow {
  return { run, by: "events", after: 0, lines, hasEnded };
}
