/**
 * One chaos run: clients, drivers and readers at work while the server, the drivers, the network, the
 * disk and the clock are struck and recover; then all that was seen and all that is stored is judged.
 *
 * K1 Each strike comes while at least `MIN_CHANGES` changes are sent and not answered, and at least
 *    `MIN_STEP_RUNS` handlers are at work.
 * K2 What to strike, when in a storm, and how it recovers is up to the seed; how far the processes
 *    have come by then is not.
 * K3 A trouble that lasts goes on while others strike, but no victim is in two of them.
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DEFAULT_LIMITS } from "@conveyor-ci/core";
import { eventually } from "../e2e/harness/eventually.ts";
import { readJournals, sharedClockMs } from "../e2e/harness/journal.ts";
import type { Scope } from "../e2e/harness/scope.ts";
import { backlogOf, settle } from "./backlog.ts";
import { CONCURRENCY } from "./chaos-platform.ts";
import { handlersOf, type SentChange, type Strike } from "./evidence.ts";
import { figuresOf } from "./figures.ts";
import { judge, type Verdict } from "./invariants/judge.ts";
import { phasesOf, type Struck } from "./phases.ts";
import { readStored } from "./read-evidence.ts";
import { setStage } from "./set-stage.ts";
import type { Stage } from "./stage.ts";
import { MAKERS } from "./troubles/makers.ts";
import type { Trouble } from "./troubles/trouble.ts";
import type { TroubleKind } from "./troubles/trouble-kinds.ts";

/** K1 */
const MIN_CHANGES = 32;
const MIN_STEP_RUNS = 8;
/** Clients that send one change after the other when something is struck, for up to so long before. */
const CLIENTS = 64;
const LONGEST_STORM_MS = 60;
/** Strikes that wait for the first answers; the others may come before them. */
const FLOWING_SHARE = 0.8;
/** Changes that keep the handlers busy between two strikes. */
const TOP_UP = 32;
/** Runs of each storm that are read as they go. */
const FOLLOWED = 3;
const MAX_READERS = 64;
/** Longer than a trouble lasts, and what it takes to recover from it. */
const BUSY_WITHIN_MS = 120_000;
/** Runs that have not ended; more would only make every run old before it begins. */
const MAX_BACKLOG = 1_000;
const READERS_WITHIN_MS = 30_000;
/** When nobody is left to strike, for the time being. */
const LOOK_AGAIN_MS = 1_000;
export interface ChaosOptions {
  readonly strikes: number;
  readonly seed: number;
  readonly troubles: readonly [TroubleKind, ...TroubleKind[]];
  /** The longest that a trouble lasts. */
  readonly longestMs: number;
  readonly scope: Scope;
  /** Told of each strike. */
  readonly onStrike: (strike: Strike, number: number) => void;
}

export interface ChaosOutcome {
  readonly strikes: readonly Strike[];
  /** What each kill struck. */
  readonly struck: ReadonlyMap<Strike, Struck>;
  readonly verdicts: readonly Verdict[];
  readonly figures: Readonly<Record<string, number>>;
}

export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const { scope, onStrike } = options;
  const journals = join(scope.directory, "journals");
  const stage = await setStage({ ...options, journals });
  const strikes: Strike[] = [];
  while (strikes.length < options.strikes) {
    const strike = await strikeOne(stage);
    strikes.push(strike);
    onStrike(strike, strikes.length);
  }
  await Promise.all(stage.underWay);
  const { client, followers, load, silences, readsWhileFull } = stage;
  const isSettled = await settle(stage.server.url);
  const follows = await followers.collect(isSettled ? READERS_WITHIN_MS : 0);
  const stored = await readStored(client);
  await stage.drivers.stop();
  await stage.server.stop();
  const journal = readJournals(journals);
  const kills = strikes.filter(({ trouble }) => trouble === "kill");
  const handlers = handlersOf(
    journal,
    kills.map(({ pid, at }) => ({ pid: pid ?? 0, at })),
  );
  const limits = { maxDeliveries: DEFAULT_LIMITS.maxDeliveries, concurrency: CONCURRENCY };
  const { sent } = load;
  const evidence = { sent, handlers, follows, silences, readsWhileFull, limits, ...stored };
  const struck = phasesOf({ kills, sent, runs: stored.runs, journal });
  return {
    strikes,
    struck: new Map(kills.map((kill, index) => [kill, struck[index] ?? new Map()])),
    verdicts: judge(evidence),
    figures: { ...figuresOf(evidence), "connections of readers": followers.connections },
  };
}

/** Waits for a moment that K1 allows, and strikes. */
async function strikeOne(stage: Stage): Promise<Strike> {
  const { load, drivers, random, server } = stage;
  const { kind, trouble } = await chooseTrouble(stage);
  const isFlowing = random.chance(FLOWING_SHARE);
  const stormMs = random.integer(0, LONGEST_STORM_MS);
  for (;;) {
    await eventually(async () => (await backlogOf(server.url)) <= MAX_BACKLOG, {
      withinMs: BUSY_WITHIN_MS,
      what: `at most ${MAX_BACKLOG} runs wait`,
    });
    await keepBusy(stage);
    const storm = load.storm(CLIENTS);
    if (isFlowing) await storm.flowing;
    await pause(stormMs);
    const isMoment = load.inFlight >= MIN_CHANGES && drivers.atWork >= MIN_STEP_RUNS;
    const struck = isMoment ? strike(stage, kind, trouble) : undefined;
    const [strikeMade] = await Promise.all([struck, followSome(stage, storm.stop())]);
    if (strikeMade !== undefined) return strikeMade;
  }
}

/** Every kind comes once before one comes again; whoever is in trouble already is spared. */
async function chooseTrouble(
  stage: Stage,
): Promise<{ readonly kind: TroubleKind; readonly trouble: Trouble }> {
  const { deck, troubles, random, underWay } = stage;
  for (;;) {
    if (deck.length === 0) deck.push(...random.shuffle(troubles));
    for (const [index, kind] of deck.entries()) {
      const trouble = MAKERS[kind](stage);
      if (trouble === null) continue;
      deck.splice(index, 1);
      return { kind, trouble };
    }
    await Promise.race([...underWay, pause(LOOK_AGAIN_MS)]);
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

async function strike(stage: Stage, kind: TroubleKind, trouble: Trouble): Promise<Strike> {
  const { load, drivers, followers, inTrouble, underWay, silences } = stage;
  const { victim, pid, instance, what, isLasting, isSilence } = trouble;
  const from = sharedClockMs();
  const made: Strike = {
    at: from,
    wallAt: Date.now(),
    trouble: kind,
    victim,
    pid,
    instance,
    what,
    changesInFlight: load.inFlight,
    stepRunsInFlight: drivers.atWork,
    readers: followers.open,
  };
  if (isLasting) inTrouble.set(victim, kind);
  const over = trouble.carryOut().then(() => {
    if (isSilence) {
      silences.push({ pid: victim === "server" ? null : pid, from, to: sharedClockMs() });
    }
    if (isLasting) inTrouble.delete(victim);
  });
  if (!isLasting) {
    await over;
    return made;
  }
  // One that fails stays, and fails the run when all that is under way is waited for.
  const lasting: Promise<void> = over.then(() => void underWay.delete(lasting));
  lasting.catch(() => undefined);
  underWay.add(lasting);
  return made;
}
