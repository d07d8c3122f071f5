/**
 * One chaos run: clients, drivers and readers at work while the server and the drivers are killed
 * with `kill -9` and come back; then all that was seen and all that is stored is judged.
 *
 * K1 Each kill strikes while at least `MIN_CHANGES` changes are sent and not answered, and at least
 *    `MIN_STEP_RUNS` handlers are at work.
 * K2 What to kill, when in a storm, and how it comes back is up to the seed; how far the processes
 *    have come by then is not.
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Client, createClient } from "@conveyor-ci/client";
import { DEFAULT_LIMITS } from "@conveyor-ci/core";
import { eventually } from "../e2e/harness/eventually.ts";
import { readJournals, sharedClockMs } from "../e2e/harness/journal.ts";
import type { Scope } from "../e2e/harness/scope.ts";
import { type ServerProcess, startServer } from "../e2e/harness/server-process.ts";
import { CONCURRENCY, setUpPlatform } from "./chaos-platform.ts";
import { type Drivers, startDrivers } from "./drivers.ts";
import { handlersOf, type Kill, type SentChange } from "./evidence.ts";
import { createFollowers, type Followers } from "./followers.ts";
import { judge, type Verdict } from "./invariants/judge.ts";
import { createLoad, type Load } from "./load.ts";
import { phasesOf, type Struck } from "./phases.ts";
import { createRandom, type Random } from "./random.ts";
import { readStored } from "./read-evidence.ts";

/** K1 */
const MIN_CHANGES = 32;
const MIN_STEP_RUNS = 8;
/** Clients that send one change after the other while something is killed, for up to so long before. */
const CLIENTS = 64;
const LONGEST_STORM_MS = 60;
/** Kills that wait for the first answers; the others may come before them. */
const FLOWING_SHARE = 0.8;
/** Changes that keep the handlers busy between two kills. */
const TOP_UP = 32;
/** Runs of each storm that are read as they go. */
const FOLLOWED = 3;
const MAX_READERS = 64;
const BUSY_WITHIN_MS = 60_000;
/** Longer than leases can be out after the last kill, several of them in a row. */
const SETTLE_WITHIN_MS = 120_000;
const READERS_WITHIN_MS = 30_000;
const SERVER_SHARE = 0.5;
const SAME_NAME_SHARE = 0.75;

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  readonly scope: Scope;
  /** Told after each kill. */
  readonly onKill: (kill: Kill, number: number) => void;
}

export interface ChaosOutcome {
  readonly kills: readonly Kill[];
  readonly struck: readonly Struck[];
  readonly verdicts: readonly Verdict[];
  readonly figures: Readonly<Record<string, number>>;
}

interface Stage {
  readonly random: Random;
  readonly server: ServerProcess;
  readonly drivers: Drivers;
  readonly load: Load;
  readonly followers: Followers;
}

export async function runChaos({
  kills: wanted,
  seed,
  scope,
  onKill,
}: ChaosOptions): Promise<ChaosOutcome> {
  const random = createRandom(seed);
  const journals = join(scope.directory, "journals");
  const server = await startServer(scope);
  const client = createClient({ server: server.url });
  await setUpPlatform(client);
  const stage: Stage = {
    random,
    server,
    drivers: await startDrivers({ scope, server: server.url, journals, random }),
    load: createLoad(server.url, random),
    followers: createFollowers(scope, server.url),
  };
  const kills: Kill[] = [];
  while (kills.length < wanted) {
    const kill = await killOne(stage);
    kills.push(kill);
    onKill(kill, kills.length);
  }
  const isSettled = await settle(client);
  const follows = await stage.followers.collect(isSettled ? READERS_WITHIN_MS : 0);
  const stored = await readStored(client);
  await stage.drivers.stop();
  await server.stop();
  const journal = readJournals(journals);
  const { sent } = stage.load;
  const handlers = handlersOf(journal, kills);
  const limits = { maxDeliveries: DEFAULT_LIMITS.maxDeliveries, concurrency: CONCURRENCY };
  return {
    kills,
    struck: phasesOf({ kills, sent, runs: stored.runs, journal }),
    verdicts: judge({ sent, handlers, follows, limits, ...stored }),
    figures: {
      "changes answered": sent.filter(({ answer }) => answer !== null).length,
      "changes without an answer": sent.filter(({ answer }) => answer === null).length,
      runs: stored.runs.size,
      handlers: handlers.length,
      "attempts lost": countLost(stored.runs.values()),
      lines: [...stored.lines.values()].reduce((sum, { length }) => sum + length, 0),
      readers: follows.length,
      "connections of readers": stage.followers.connections,
    },
  };
}

/** Whether every run ended in good time. */
async function settle(client: Client): Promise<boolean> {
  const isSettled = async (): Promise<boolean> => {
    for (const state of ["pending", "running", "cancelling"] as const) {
      const { items } = await client.runs.list({ state, limit: 1 }).page();
      if (items.length > 0) return false;
    }
    return true;
  };
  const bound = { withinMs: SETTLE_WITHIN_MS, what: "every run ends" };
  return eventually(isSettled, bound).catch(() => false);
}

function countLost(
  runs: Iterable<{
    readonly steps: readonly { readonly attempts: readonly { outcome: string | null }[] }[];
  }>,
): number {
  let lost = 0;
  for (const { steps } of runs) {
    for (const { attempts } of steps) {
      lost += attempts.filter(({ outcome }) => outcome === "lost").length;
    }
  }
  return lost;
}

/** Waits for a moment that K1 allows, kills, and brings back what was killed. */
async function killOne(stage: Stage): Promise<Kill> {
  const { load, drivers, random } = stage;
  for (;;) {
    await keepBusy(stage);
    const storm = load.storm(CLIENTS);
    if (random.chance(FLOWING_SHARE)) await storm.flowing;
    await pause(random.integer(0, LONGEST_STORM_MS));
    const isMoment = load.inFlight >= MIN_CHANGES && drivers.atWork >= MIN_STEP_RUNS;
    const struck = isMoment ? strike(stage) : undefined;
    const [kill] = await Promise.all([struck, followSome(stage, storm.stop())]);
    if (kill !== undefined) return kill;
  }
}

async function keepBusy(stage: Stage): Promise<void> {
  const { load, drivers } = stage;
  await eventually(
    async () => {
      if (drivers.atWork >= MIN_STEP_RUNS) return true;
      await followSome(stage, load.burst(TOP_UP));
      return drivers.atWork >= MIN_STEP_RUNS;
    },
    { withinMs: BUSY_WITHIN_MS, what: `${MIN_STEP_RUNS} handlers at work` },
  );
}

async function followSome(
  { followers }: Stage,
  changes: Promise<readonly SentChange[]>,
): Promise<undefined> {
  const answered = (await changes).filter(({ answer }) => answer !== null);
  for (const [index, { answer }] of answered.slice(0, FOLLOWED).entries()) {
    if (answer === null || followers.open >= MAX_READERS) continue;
    followers.follow({ run: answer.run, by: index % 2 === 0 ? "websocket" : "events" });
  }
}

async function strike({ random, server, drivers, load, followers }: Stage): Promise<Kill> {
  const victim = random.chance(SERVER_SHARE) ? "server" : "driver";
  const instance = random.pick(drivers.instances);
  const isSameName = random.chance(SAME_NAME_SHARE);
  const downMs = random.integer(0, 300);
  const kill: Kill = {
    at: sharedClockMs(),
    wallAt: Date.now(),
    victim,
    pid: victim === "server" ? server.pid : instance.pid,
    instance: victim === "server" ? null : instance.name,
    changesInFlight: load.inFlight,
    stepRunsInFlight: drivers.atWork,
    readers: followers.open,
  };
  if (victim === "server") {
    await server.kill();
    await pause(downMs);
    await server.start();
  } else {
    await instance.kill();
    await pause(downMs);
    await instance.restart(isSameName ? "same" : "other");
  }
  return kill;
}
