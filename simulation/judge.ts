/** What must be true when a history is over. */
import { isRunEnded, type Run } from "@conveyor-ci/core";
import type { Evidence } from "../chaos/evidence.ts";
import { feedOrder } from "../chaos/invariants/changes.ts";
import { attemptsApart, deliveries, lastHolder } from "../chaos/invariants/leases.ts";
import { attemptLines, linesOfResults, readers, sequence } from "../chaos/invariants/lines.ts";
import { BLUNDERER } from "./blunders.ts";
import { evidenceOf, linesOf } from "./evidence.ts";
import { textOfFinished } from "./looks.ts";
import type { Stage } from "./stage.ts";
import { brokenRecords } from "./watch.ts";

/** Those of chaos that hold for every history, also with cancellations and deletions. */
const SHARED: readonly ((evidence: Evidence) => Iterable<string>)[] = [
  feedOrder,
  attemptsApart,
  deliveries,
  lastHolder,
  sequence,
  attemptLines,
  linesOfResults,
  readers,
];

export function judge(stage: Stage): readonly string[] {
  const evidence = evidenceOf(stage);
  return [
    ...SHARED.flatMap((check) => [...check(evidence)]),
    ...brokenRecords(stage.world.disk, stage.orphans),
    ...endings(stage),
    ...answers(stage),
    ...wholeness(stage),
    ...partialReaders(stage),
    ...feed(stage),
    ...traces(stage),
    ...looks(stage),
  ];
}

/** P2, P4, P5: after the storm every run ends, and nothing of it is left over. */
function* endings({ world }: Stage): Generator<string> {
  const { disk } = world;
  for (const run of disk.all("run")) {
    if (!isRunEnded(run.state)) yield `run ${run.id} is ${run.state} long after the storm`;
  }
  for (const table of ["queue", "orphan", "timer"] as const) {
    for (const { run } of disk.all(table)) yield `a ${table} of run ${run} is left over`;
  }
  for (const { id, leases } of disk.all("session")) {
    if (leases.length > 0) yield `session ${id} still has ${leases.length} leases`;
  }
}

/** P1: what was answered is there. */
function* answers({ world, sent }: Stage): Generator<string> {
  const { disk } = world;
  const runs = new Map(disk.all("run").map((run) => [run.id, run]));
  const versions = new Map(
    disk.all("version").map((one) => [`${one.resource}/${one.version}`, one]),
  );
  const lines = linesOf(disk);
  for (const answer of sent) {
    switch (answer.kind) {
      case "put": {
        const version = versions.get(`${answer.resource}/${answer.version}`);
        const spec = JSON.stringify(version?.spec);
        if (version === undefined) yield `version ${answer.version} of n ${answer.n} is gone`;
        else if (spec !== JSON.stringify({ n: answer.n })) {
          yield `the version answered for n ${answer.n} holds ${spec}`;
        } else if (version.metadata["n"] !== String(answer.n)) {
          yield `the version answered for n ${answer.n} has other metadata`;
        } else if (version.run !== answer.run) yield `n ${answer.n} made run ${String(answer.run)}`;
        yield* isThere(runs, answer.run);
        break;
      }
      case "delete":
        yield* isThere(runs, answer.run);
        break;
      case "cancel": {
        const state = runs.get(answer.run)?.state;
        if (state !== "cancelled") yield `run ${answer.run} was cancelled, and is ${String(state)}`;
        break;
      }
      case "rerun":
        yield* isThere(runs, answer.run);
        if (runs.get(answer.run)?.parent !== answer.parent) {
          yield `run ${answer.run} does not name its parent ${answer.parent}`;
        }
        break;
      case "pipeline": {
        const isStored = disk
          .all("revision")
          .some(({ id, revision }) => id === answer.id && revision === answer.revision);
        if (!isStored) yield `revision ${answer.revision} of pipeline ${answer.id} is gone`;
        break;
      }
      case "line": {
        const line = lines.get(answer.run)?.find(({ seq }) => seq === answer.seq);
        if (line?.message !== answer.message) yield `line ${answer.seq} of ${answer.run} is gone`;
        break;
      }
      case "unchanged":
      case "forget":
      case "message":
      case "look":
      case "granted":
        break;
    }
  }
}

function* isThere(runs: ReadonlyMap<string, Run>, id: string | null): Generator<string> {
  if (id !== null && !runs.has(id)) yield `run ${id} was answered, and is gone`;
}

/** P1: of what was not answered all is there, or none. */
function* wholeness({ world }: Stage): Generator<string> {
  const { disk } = world;
  const runs = new Map(disk.all("run").map((run) => [run.id, run]));
  const made = new Set<string>();
  for (const { run, resource, version } of disk.all("version")) {
    if (run === null) continue;
    made.add(run);
    if (!runs.has(run)) yield `version ${version} of ${resource} names run ${run}, which is gone`;
  }
  for (const { id, parent, event } of runs.values()) {
    if (parent === null && event !== "delete" && !made.has(id)) yield `no version made run ${id}`;
    if (parent !== null && !runs.has(parent)) yield `the parent ${parent} of ${id} is gone`;
  }
}

/** P7: a finished run is what clients saw of it. */
function* looks({ world: { disk }, finished }: Stage): Generator<string> {
  for (const run of disk.all("run")) {
    const seen = finished.get(run.id);
    if (seen === undefined) continue;
    const own = disk.all("data").filter((one) => one.run === run.id);
    const text = textOfFinished(run, Object.fromEntries(own.map((one) => [one.step, one.data])));
    if (text !== seen) yield `run ${run.id} was ${seen}, and is ${text}`;
  }
}

/** P9: nothing stands that somebody made who asks only for what cannot be. */
function* traces({ world: { disk } }: Stage): Generator<string> {
  for (const { actor, resource, version } of disk.all("version")) {
    if (actor === BLUNDERER.name) yield `version ${version} of ${resource} cannot be`;
  }
  for (const { actor, id } of disk.all("run")) {
    if (actor === BLUNDERER.name) yield `run ${id} cannot be`;
  }
}

/** P6 for readers of one driver's lines. */
function* partialReaders({ world, logReaders }: Stage): Generator<string> {
  for (const { run, driver, lines, hasEnded } of logReaders) {
    if (driver === null) continue;
    const expected = world.disk
      .all("chunk")
      .filter((chunk) => chunk.run === run && chunk.driver === driver)
      .sort((a, b) => a.first - b.first)
      .flatMap((chunk) => chunk.lines.map((_, index) => chunk.first + index));
    const got = lines.map(({ seq }) => seq);
    if (got.join() !== expected.join()) {
      yield `a reader of ${driver} in run ${run} got lines ${got.join()} of ${expected.join()}`;
    }
    if (!hasEnded) yield `a reader of ${driver} in run ${run} was not told of the end`;
  }
}

/** The feed has no gap, and its reader got all of it. */
function* feed({ feedReader }: Stage): Generator<string> {
  for (const [index, { position }] of feedReader.changes.entries()) {
    if (position !== index + 1) {
      yield `change ${index + 1} in the feed has position ${position}`;
      return;
    }
  }
}
