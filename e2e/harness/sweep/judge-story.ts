/** What must hold after a story, whatever failed in it. */
import type { WireChange, WireLogLine, WireRun } from "@conveyor-ci/contract";
import { isRunEnded } from "@conveyor-ci/core";
import { all } from "../all.ts";
import { eventually } from "../eventually.ts";
import type { Plane } from "./plane.ts";
import { KIND, LINES, type Told } from "./story.ts";

const NS = "default";

/** What speaks against the story; nothing: all that was promised was kept. */
export async function judgeStory(plane: Plane, told: Told): Promise<readonly string[]> {
  const { client, failing } = plane;
  failing.mend();
  const runs = await eventually(async () => {
    const found = await all(client.runs.list({ resource: KIND, limit: 100 }));
    return found.every(({ state }) => isRunEnded(state)) ? found : null;
  });
  const lines = new Map<string, readonly WireLogLine[]>();
  for (const { id } of runs) lines.set(id, await all(client.logs.query({ runId: id })));
  const changes = await all(client.changes.list({ limit: 1_000 }));
  const leases = (await failing.storage.sessions({ ns: NS, driver: null })).flatMap(
    (session) => session.leases,
  );
  const queued = await failing.storage.queueDepths({ ns: NS, driver: null, limit: 10, upTo: 10 });
  return [
    ...plane.complaints,
    ...answeredThings({ told, runs, changes }),
    ...endings(told, runs),
    ...[...lines].flatMap(([run, stored]) => [...sequence(run, stored)]),
    ...runs.flatMap((run) => [...repeated(run)]),
    ...runs.flatMap((run) => [...attemptLines(run, lines.get(run.id) ?? [])]),
    ...handWritten(told, lines),
    ...readerOfLog(told, lines),
    ...readerOfFeed(told, changes),
    ...leases.map((lease) => `lease ${lease.token} of run ${lease.run} is still held`),
    ...queued.map((topic) => `${topic.depth} step runs of ${topic.driver} are still queued`),
  ];
}

function* answeredThings(of: {
  readonly told: Told;
  readonly runs: readonly WireRun[];
  readonly changes: readonly WireChange[];
}): Generator<string> {
  for (const { what, run, version } of of.told.answered) {
    if (run === null) continue;
    const found = of.runs.find(({ id }) => id === run);
    if (found === undefined) yield `${what} was answered with run ${run}, which is gone`;
    else if (version !== null && found.resource.version !== version) {
      yield `${what} was answered with version ${version}; its run is of ${found.resource.version}`;
    }
    if (!of.changes.some((change) => change.run === run)) {
      yield `${what} was answered with run ${run}, of which the feed does not tell`;
    }
  }
}

function* endings({ ends }: Told, runs: readonly WireRun[]): Generator<string> {
  for (const [id, state] of ends) {
    const run = runs.find((one) => one.id === id);
    if (run?.state === state) continue;
    yield `run ${id} ended ${run?.state ?? "nowhere"}, not ${state}: ${JSON.stringify(run)}`;
  }
}

/** No instance was lost, so that no work was done twice. */
function* repeated(run: WireRun): Generator<string> {
  for (const { id, attempts } of run.steps) {
    if (attempts.length > 1)
      yield `run ${run.id}, step ${id} was delivered ${attempts.length} times`;
  }
}

function* sequence(run: string, lines: readonly WireLogLine[]): Generator<string> {
  for (const [index, { seq }] of lines.entries()) {
    if (seq !== index + 1) yield `run ${run}: line ${index + 1} has seq ${seq}`;
  }
}

/** Of every attempt the lines from the first on, each once; of one that succeeded, all. */
function* attemptLines(run: WireRun, lines: readonly WireLogLine[]): Generator<string> {
  const counts = new Map<string, number>();
  for (const { step, message } of lines) {
    const [, fence, index] = /^(\d+):(\d+)$/.exec(message) ?? [];
    if (fence === undefined) continue;
    const expected = counts.get(`${step} fence ${fence}`) ?? 0;
    if (Number(index) !== expected) {
      yield `run ${run.id}, step ${step}: line ${message} stands where line ${expected} should`;
    }
    counts.set(`${step} fence ${fence}`, expected + 1);
  }
  for (const { id, state, message } of run.steps) {
    if (state !== "succeeded") continue;
    const count = counts.get(`${id} ${message}`) ?? 0;
    if (count !== LINES) yield `run ${run.id}, step ${id}: ${count} lines of ${message}`;
  }
}

function* handWritten(
  { answered }: Told,
  lines: ReadonlyMap<string, readonly WireLogLine[]>,
): Generator<string> {
  const written = answered.filter(({ what }) => what === "wrote");
  for (const { run } of written) {
    const stored = lines.get(run ?? "") ?? [];
    if (!stored.some(({ message }) => message === "by hand")) yield "an answered line is gone";
  }
}

function* readerOfLog(
  { log }: Told,
  stored: ReadonlyMap<string, readonly WireLogLine[]>,
): Generator<string> {
  const got = log.lines.map(({ seq, message }) => `${seq} ${message}`).join();
  const all = (stored.get(log.run) ?? []).map(({ seq, message }) => `${seq} ${message}`).join();
  if (got !== all) yield `the reader of run ${log.run} got ${got}; stored are ${all}`;
  if (log.state !== "succeeded") yield `the reader was told that the run ended ${log.state}`;
}

function* readerOfFeed({ feed }: Told, stored: readonly WireChange[]): Generator<string> {
  for (const [index, { position }] of stored.entries()) {
    if (position !== index + 1) yield `change ${index + 1} has position ${position}`;
  }
  for (const [index, change] of feed.entries()) {
    const other = stored[index];
    if (JSON.stringify(change) !== JSON.stringify(other)) {
      yield `the reader of the feed got ${JSON.stringify(change)} for ${JSON.stringify(other)}`;
    }
  }
}
