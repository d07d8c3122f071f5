/** What became of the changes that were sent (promise P1), and the feed that tells of them. */
import type { WireChange } from "@conveyor-ci/contract";
import { type Evidence, groupBy, versionKey } from "../evidence.ts";

/** The feed's entries of resources' changes, by the run that they made. */
function changesByRun(changes: readonly WireChange[]): ReadonlyMap<string, readonly WireChange[]> {
  const ofResources = changes.filter(({ noun, run }) => noun === "resource" && run !== undefined);
  return groupBy(ofResources, ({ run = "" }) => run);
}

/** P1: an answered change has its version, its run and its event. */
export function* answeredChanges({ sent, runs, versions, changes }: Evidence): Generator<string> {
  const told = changesByRun(changes);
  for (const { answer, event, kind, name, n } of sent) {
    if (answer === null) continue;
    const what = `${event} of ${kind} ${name}, answered with version ${answer.version}`;
    const version = versions.get(versionKey({ kind, name, version: answer.version }));
    if (version === undefined) yield `${what}: the version is gone`;
    else if (version.n !== n) yield `${what}: the version holds n ${version.n}, not ${n}`;
    else if (version.run !== answer.run) {
      yield `${what}: the version names run ${String(version.run)}, not ${answer.run}`;
    }
    const run = runs.get(answer.run);
    if (run === undefined) yield `${what}: run ${answer.run} is gone`;
    else if (run.event !== event || run.resource.version !== answer.version) {
      yield `${what}: run ${run.id} is of ${run.event}, version ${run.resource.version}`;
    }
    if (!told.has(answer.run)) yield `${what}: the feed does not tell of it`;
  }
}

/** P1: of a change that was not answered all is there, or none. */
export function* wholeChanges({ runs, versions, changes }: Evidence): Generator<string> {
  const told = changesByRun(changes);
  for (const run of runs.values()) {
    const { resource } = run;
    const version = versions.get(versionKey(resource));
    if (version?.run !== run.id) {
      yield `run ${run.id} is of ${resource.kind} ${resource.name} ${resource.version}, which names run ${String(version?.run)}`;
    }
    const times = told.get(run.id)?.length ?? 0;
    if (times !== 1) yield `the change that made run ${run.id} is in the feed ${times} times`;
  }
  for (const run of told.keys()) {
    if (!runs.has(run)) yield `the feed tells of run ${run}, which is gone`;
  }
}

const ENDS: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled", "timed_out"]);

/** The feed is in order, and tells the end of each run once. */
export function* feedOrder({ changes, runs }: Evidence): Generator<string> {
  let last = 0;
  for (const { position } of changes) {
    if (position <= last) yield `position ${position} comes behind ${last}`;
    last = position;
  }
  const ofRuns = changes.filter(({ noun, run }) => noun === "run" && run !== undefined);
  const byRun = groupBy(ofRuns, ({ run = "" }) => run);
  for (const run of runs.values()) {
    const states = byRun.get(run.id)?.map(({ what }) => what) ?? [];
    const ends = states.filter((state) => ENDS.has(state));
    if (ends.length !== 1 || states.at(-1) !== run.state) {
      yield `run ${run.id} ended as ${run.state}; the feed says ${states.join(", ")}`;
    }
  }
}

/** P9: of a change that was refused, nothing is there. */
export function* refusedChanges({ sent, versions }: Evidence): Generator<string> {
  const stored = new Set<string>();
  for (const [key, { n }] of versions) stored.add(`${key.slice(0, key.lastIndexOf("/"))}/${n}`);
  for (const { isRefused, event, kind, name, n } of sent) {
    if (!isRefused || !stored.has(`${kind}/${name}/${n}`)) continue;
    yield `${event} of ${kind} ${name} with n ${n} was refused for lack of room, and is there`;
  }
}

/** P9: a disk without room keeps nobody from reading. */
export function* readsGoOn({ readsWhileFull }: Evidence): Generator<string> {
  for (const failure of readsWhileFull.failures) {
    yield `a read failed while the disk was full: ${failure}`;
  }
}

/** Between two changes of a system that is under load; clocks are put forward and back an hour. */
const LONGEST_GAP_MS = 10 * 60_000;

/** P2: the storage's time never goes back, and does not jump with the wall clock. */
export function* steadyTimes({ changes }: Evidence): Generator<string> {
  let last: number | null = null;
  for (const { position, at } of changes) {
    const time = Date.parse(at);
    const passed: number = time - (last ?? time);
    if (passed < 0) yield `position ${position} is ${-passed} ms earlier than the one before`;
    if (passed > LONGEST_GAP_MS) {
      yield `position ${position} is ${Math.round(passed / 1_000)} s later than the one before`;
    }
    last = time;
  }
}
