/**
 * A soak: a mixed load at a steady, moderate rate for as long as one likes, on a real server with
 * real driver processes, while everything that could grow is recorded.
 *
 * R1 The rates do not depend on how fast anything is answered.
 * R2 When the load has stopped, every run is waited for and judged; so a soak that is cut short ends
 *    with a whole report.
 */
import { setTimeout as pause } from "node:timers/promises";
import { type Client, createClient } from "@conveyor-ci/client";
import { createRandom } from "../chaos/random.ts";
import { eventually } from "../e2e/harness/eventually.ts";
import type { Scope } from "../e2e/harness/scope.ts";
import { type ServerProcess, startServer } from "../e2e/harness/server-process.ts";
import { type Instances, startInstances } from "./instances.ts";
import { Changes } from "./load/changes.ts";
import { startFeedReader } from "./load/feed-reader.ts";
import { createFollowers } from "./load/followers.ts";
import { HttpClient } from "./load/http-client.ts";
import { createLedger } from "./load/ledger.ts";
import { type Pace, startPace } from "./load/pace.ts";
import { createReaders, type Readers } from "./load/readers.ts";
import { judgeEnd } from "./load/run-entry.ts";
import { ask, type Stage } from "./load/stage.ts";
import { createTally } from "./load/tally.ts";
import { createLatencies } from "./measure/latencies.ts";
import { createSampler, type Sampler } from "./measure/sampler.ts";
import { reportOf, type SoakReport } from "./report/soak-report.ts";
import { DRIVERS, type HandlerReport, setUpPlatform } from "./soak-platform.ts";

export interface SoakOptions {
  readonly minutes: number;
  readonly scope: Scope;
  /** The server's data directory; within the scope's directory unless set. */
  readonly data: string | undefined;
  readonly configuration: Readonly<Record<string, string>>;
  /** Ends the load early. */
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

/** A second, on average. */
const RATES = {
  change: 35,
  cancel: 1.5,
  rerun: 1.5,
  note: 2,
  follow: 1.5,
  list: 3,
  query: 1,
} as const;
const CUT_EVERY_S = 40;
const END_EVERY_S = 30;
const RECONNECT_EVERY_S = 45;
const TELL_EVERY_S = 60;
const CONNECTED_WITHIN_MS = 20_000;
/** Longer than a lease can be out, several times in a row. */
const SETTLE_WITHIN_MS = 90_000;

export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { scope, data } = options;
  const server = await startServer(scope, {
    isApart: true,
    ...(data === undefined ? {} : { data }),
  });
  const client = createClient({ server: server.url });
  await setUpPlatform(client);
  const stage: Stage = {
    server: server.url,
    http: new HttpClient(server.url),
    ledger: createLedger(),
    tally: createTally(),
    latencies: createLatencies(),
    random: createRandom(Date.now()),
  };
  const changes = new Changes(stage);
  const readers = createReaders(stage);
  const instances = await startInstances({
    scope,
    serverPort: server.port,
    onReport: (report) => takeReport(stage, changes, report),
  });
  await untilConnected(client);
  const sampler = createSampler({
    stage,
    data: server.data,
    serverPid: server.pid,
    driverPid: instances.measuredPid,
    driverPids: () => instances.pids,
    live: () => changes.live,
  });
  await load(options, { stage, server, changes, readers, instances, sampler });
  await instances.stop();
  stage.http.close();
  const { code } = await server.stop();
  if (code !== 0) stage.tally.violated(`the server ended with ${code}`);
  return reportOf(stage.tally, {
    samples: sampler.samples,
    configuration: options.configuration,
  });
}

/** A run that is made before its driver was ever there has no share for it to take part in. */
async function untilConnected(client: Client): Promise<void> {
  const isConnected = async (name: string): Promise<boolean> =>
    (await client.drivers.get(name)).instances.every(({ connected }) => connected);
  const bound = { withinMs: CONNECTED_WITHIN_MS, what: "every driver is connected" };
  await eventually(async () => (await Promise.all(DRIVERS.map(isConnected))).every(Boolean), bound);
}

function takeReport({ ledger, latencies }: Stage, changes: Changes, report: HandlerReport): void {
  const { run, attempt, step, calledAt } = report;
  ledger.acknowledge(report);
  const isFirst = attempt === 1 && (step === "build" || step === "alpha");
  const sentAt = isFirst ? changes.sentAt(run) : undefined;
  if (sentAt !== undefined) latencies.add("called", calledAt - sentAt);
}

interface Parts {
  readonly stage: Stage;
  readonly server: ServerProcess;
  readonly changes: Changes;
  readonly readers: Readers;
  readonly instances: Instances;
  readonly sampler: Sampler;
}

/** Begins the load, keeps it up for its time, and brings it to rest (R2). */
async function load(options: SoakOptions, parts: Parts): Promise<void> {
  const { stage, readers, instances, sampler } = parts;
  const feed = startFeedReader(stage);
  const paces = startPaces(parts);
  const endings = new Set<Promise<void>>();
  const end = (): void => {
    const ending = instances.endOne().finally(() => endings.delete(ending));
    endings.add(ending);
  };
  const begun = performance.now();
  for (let second = 1; second <= options.minutes * 60; second += 1) {
    const dueAt = begun + second * 1_000;
    await pause(Math.max(0, dueAt - performance.now()), undefined, {
      signal: options.signal,
    }).catch(() => undefined);
    if (options.signal.aborted || !parts.server.isRunning) break;
    await sampler.look();
    if (second % CUT_EVERY_S === 0) instances.cut();
    if (second % END_EVERY_S === 0 && endings.size === 0) end();
    if (second % RECONNECT_EVERY_S === 0) feed.reconnect();
    if (second % TELL_EVERY_S === 0) options.progress(progressOf(parts, second));
  }
  if (!parts.server.isRunning) stage.tally.violated("the server ended by itself");
  options.progress("the load stops; waiting for every run to end");
  for (const pace of paces) {
    await pace.stop();
    stage.tally.count("acts left out", pace.leftOut);
  }
  await Promise.all(endings);
  await settle(parts);
  await readers.judgeEnded(true);
  for (const entry of stage.ledger.open) {
    stage.tally.violated(judgeEnd(entry) ?? `run ${entry.run} was not judged`);
  }
  await readers.rereadOld();
  await feed.stop();
  stage.tally.count("connections cut", instances.counts.cuts);
  stage.tally.count("instances ended", instances.counts.ends);
}

function startPaces({ stage, changes, readers }: Parts): readonly Pace[] {
  const followers = createFollowers(stage);
  const onError = (error: unknown): void => stage.tally.violated(String(error));
  const start = (perSecond: number, act: () => Promise<void>): Pace =>
    startPace({ perSecond, act, onError });
  const onPicked = async (act: (run: string) => Promise<void>): Promise<void> => {
    const entry = changes.pick();
    if (entry !== undefined) await act(entry.run);
  };
  return [
    start(RATES.change, () => changes.change()),
    start(RATES.cancel, () => changes.cancel()),
    start(RATES.rerun, () => changes.rerun()),
    start(RATES.note, () => onPicked((run) => addNote(stage, run))),
    start(RATES.follow, () => onPicked((run) => followers.follow(run))),
    start(RATES.list, () => readers.list()),
    start(RATES.query, () => readers.query()),
    start(RATES.change, () => readers.judgeEnded()),
  ];
}

let notes = 0;

/** A line from outside; the run may have ended meanwhile. */
async function addNote(stage: Stage, run: string): Promise<void> {
  notes += 1;
  const message = `note ${notes}`;
  const body = { runid: run, driver: "alpha", message };
  const call = { method: "POST", path: "/logs", body } as const;
  const answer = await ask(stage, { what: "note", ...call, mayBe: ["run_finished"] });
  if (answer === null) return;
  stage.ledger.find(run)?.notes.push(message);
  stage.tally.count("lines from outside acknowledged");
}

async function settle({ stage, server }: Parts): Promise<void> {
  const deadline = performance.now() + SETTLE_WITHIN_MS;
  while (stage.ledger.unfinished > 0 && performance.now() < deadline && server.isRunning) {
    await pause(100);
  }
  // What handlers and followers tell of the last runs.
  await pause(2_500);
}

function progressOf({ stage, sampler }: Parts, second: number): string {
  const { values = {} } = sampler.samples.at(-1) ?? {};
  const runs = stage.tally.counts.get("runs begun") ?? 0;
  const memory = values["server.memory"]?.toFixed(0);
  const { violationCount } = stage.tally;
  return `${second / 60} min: ${runs} runs, ${stage.ledger.unfinished} unfinished, server ${memory} MB, cpu ${values["soak.cpu"]?.toFixed(0)} %, ${violationCount} violations`;
}
