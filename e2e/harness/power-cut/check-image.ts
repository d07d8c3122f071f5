/** Opens what a power cut left of a data directory, and compares it with what was acknowledged. */
import { join } from "node:path";
import { keysOf, type LogChunk, type Run } from "@conveyor-ci/core";
import type { LogStore, Storage } from "@conveyor-ci/engine/ports";
import { openSqliteStorage } from "@conveyor-ci/storage-sqlite";
import { DatabaseSync } from "@photostructure/sqlite";
import type { Acknowledged } from "./acknowledged.ts";

const NS = "default";
const keys = keysOf(NS);

/** What speaks against the image; nothing: it is whole, and has all that was told. */
export async function checkImage(
  directory: string,
  told: Acknowledged,
): Promise<readonly string[]> {
  const storage = openSqliteStorage({ directory });
  try {
    const runs = await storage.runs({
      ns: NS,
      resource: null,
      name: null,
      pipeline: null,
      driver: null,
      state: null,
      before: null,
      limit: 1_000,
    });
    const chunks = new Map<string, readonly LogChunk[]>();
    for (const run of runs) chunks.set(run.id, await chunksOf(storage.logs, run));
    return [
      ...integrity(join(directory, "conveyor.db")),
      ...toldRuns(told, runs),
      ...toldLines(told, chunks),
      ...(await wholeFeed(storage, told)),
      ...(await wholeRuns(storage, runs)),
      ...[...chunks].flatMap(([run, stored]) => [...wholeLog(run, stored)]),
    ];
  } finally {
    await storage.close();
  }
}

function integrity(file: string): readonly string[] {
  const db = new DatabaseSync(file);
  try {
    const rows = db.prepare("PRAGMA integrity_check").all() as {
      readonly integrity_check: string;
    }[];
    return rows.map((row) => row.integrity_check).filter((text) => text !== "ok");
  } finally {
    db.close();
  }
}

async function chunksOf(logs: LogStore, run: Run): Promise<readonly LogChunk[]> {
  const page = await logs.read({
    ns: NS,
    position: run.position,
    driver: null,
    pipeline: null,
    step: null,
    after: null,
    maxBytes: 1e9,
  });
  return page.chunks;
}

function* toldRuns(told: Acknowledged, runs: readonly Run[]): Generator<string> {
  const byId = new Map(runs.map((run) => [run.id, run]));
  for (const id of told.runs) if (!byId.has(id)) yield `run ${id} was told of and is gone`;
  for (const [id, state] of told.ended) {
    const run = byId.get(id);
    if (run?.state !== state) yield `run ${id} was told to be ${state}, and is ${run?.state}`;
  }
  const attempts = runs.flatMap((run) =>
    run.steps.flatMap((step) =>
      step.attempts.map((attempt) => ({ ...attempt, run: run.id, step: step.id })),
    ),
  );
  for (const [lease, { run, step }] of told.assigned) {
    const found = attempts.find(({ token }) => token === lease);
    if (found?.run !== run || found.step !== step) yield `lease ${lease} was assigned and is gone`;
  }
  for (const lease of told.recorded) {
    const outcome = attempts.find(({ token }) => token === lease)?.outcome ?? null;
    if (outcome === null) yield `the result of lease ${lease} was recorded and is gone`;
  }
}

function* toldLines(
  told: Acknowledged,
  chunks: ReadonlyMap<string, readonly LogChunk[]>,
): Generator<string> {
  for (const [run, seq] of told.lines) {
    const last = chunks.get(run)?.reduce((sum, { lines }) => sum + lines.length, 0) ?? 0;
    if (last < seq) yield `line ${seq} of run ${run} was shown; ${last} are there`;
  }
  const messages = [...chunks.values()]
    .flat()
    .flatMap(({ lines }) => lines.map((line) => line.message));
  for (const [lease, received] of told.logged) {
    const count = messages.filter((message) => message.startsWith(`${lease}:`)).length;
    if (count < received) yield `${received} lines of lease ${lease} were told; ${count} are there`;
  }
  const byHand = messages.filter((message) => message === "by hand").length;
  if (byHand < told.written) yield `${told.written} lines were answered; ${byHand} are there`;
}

/** The feed has no gap, and tells of every run and of nothing that is not there. */
async function wholeFeed(storage: Storage, told: Acknowledged): Promise<readonly string[]> {
  const changes = await storage.changes({ ns: NS, after: 0, limit: 10_000 });
  const last = await storage.lastChange();
  const wrong = changes.filter(({ position }, index) => position !== index + 1);
  return [
    ...wrong.map(({ position }) => `position ${position} is not where it should be`),
    ...(changes.length === last
      ? []
      : [`the feed has ${changes.length} changes, counted are ${last}`]),
    ...(last >= told.position ? [] : [`change ${told.position} was told; the last one is ${last}`]),
  ];
}

/** Every run has its version, its change in the feed, and a resource. */
async function wholeRuns(storage: Storage, runs: readonly Run[]): Promise<readonly string[]> {
  const changes = await storage.changes({ ns: NS, after: 0, limit: 10_000 });
  const inFeed = new Set(changes.map(({ run }) => run));
  const wrong: string[] = [];
  for (const run of runs) {
    const { id, version } = run.resource;
    const [record] = await storage.load([keys.version({ id, version })]);
    if (record === undefined) wrong.push(`run ${run.id} has no version ${version}`);
    if (!inFeed.has(run.id)) wrong.push(`the feed does not tell of run ${run.id}`);
  }
  const steps = runs.flatMap((run) => run.steps);
  const depths = await storage.queueDepths({ ns: NS, driver: null, limit: 100, upTo: 1_000 });
  const queued = depths.reduce((sum, { depth }) => sum + depth, 0);
  const sessions = await storage.sessions({ ns: NS, driver: null });
  const held = sessions.flatMap(({ leases }) => leases).length;
  const count = (...states: string[]): number =>
    steps.filter(({ state }) => states.includes(state)).length;
  if (queued !== count("queued")) wrong.push(`${queued} in queues, ${count("queued")} queued`);
  const running = count("running", "cancelling");
  if (held !== running) wrong.push(`${held} leases for ${running} step runs under way`);
  return wrong;
}

function* wholeLog(run: string, chunks: readonly LogChunk[]): Generator<string> {
  let next = 1;
  for (const { first, lines } of chunks) {
    if (first !== next) yield `run ${run}: seq ${first} where ${next} should be`;
    next = first + lines.length;
  }
}
