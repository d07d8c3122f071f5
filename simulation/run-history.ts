/**
 * One history, from a seed: a storm, a calm, and a judgement.
 *
 * H1 The same seed makes the same history: nothing in it depends on anything else.
 */
import { isRunEnded } from "@conveyor-ci/core";
import { createRandom } from "../chaos/random.ts";
import { Contacts } from "./contacts.ts";
import { type Defect, NO_DEFECT } from "./defect.ts";
import { Disk } from "./disk.ts";
import { calm, planFaults } from "./faults.ts";
import { judge } from "./judge.ts";
import { Scheduler } from "./scheduler.ts";
import { createShape, DRIVERS, KINDS, LATE_DRIVER } from "./shape.ts";
import { Stage } from "./stage.ts";
import { watchCommits } from "./watch.ts";
import type { Seen, World } from "./world.ts";

/** How long after the storm what can move has moved. */
const QUIET_MS = 45_000;
/** How long after the last driver came everything has ended. */
const END_MS = 240_000;

export interface HistoryOptions {
  readonly seed: number;
  readonly defect?: Defect;
  /** Told what happens, with its time in milliseconds. */
  readonly onEvent?: (at: number, text: string) => void;
}

export interface History {
  readonly seed: number;
  /** What contradicts a promise. */
  readonly broken: readonly string[];
  /** Figures that say what the history was about. */
  readonly actions: number;
  readonly runs: number;
  readonly handlers: number;
  readonly lines: number;
  /** How often the checks had each of their cases before them. */
  readonly seen: ReadonlyMap<Seen, number>;
}

export async function runHistory(options: HistoryOptions): Promise<History> {
  const { seed, defect = NO_DEFECT, onEvent } = options;
  const random = createRandom(seed);
  const shape = createShape(random);
  const scheduler = new Scheduler(random);
  const disk = new Disk(() => scheduler.now, defect);
  const contacts = new Contacts();
  const trace: World["trace"] =
    onEvent === undefined ? () => {} : (what) => onEvent(scheduler.now, what());
  const broken: string[] = [];
  const seen = new Map<Seen, number>();
  const see = (what: Seen): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
  const shared = { random, scheduler, disk, contacts, shape, defect, trace, seen: see, broken };
  const world: World = { ...shared, isStormy: false };
  const stage = new Stage(world);
  watchCommits(stage);
  await stage.open();
  await storm(stage);
  await settle(stage);
  broken.push(...judge(stage));
  const { length: runs } = disk.all("run");
  const lines = disk.all("chunk").reduce((sum, chunk) => sum + chunk.lines.length, 0);
  const { actions } = scheduler;
  return { seed, broken, actions, runs, handlers: stage.notes.length, lines, seen };
}

async function storm(stage: Stage): Promise<void> {
  const { world } = stage;
  const { scheduler, shape, random } = world;
  world.isStormy = true;
  for (const instance of shape.instances) {
    scheduler.after(random.integer(0, shape.stormMs / 2), () => void stage.join(instance));
  }
  for (let client = 0; client < shape.clients; client += 1) stage.startClient();
  planFaults(stage);
  await scheduler.run(scheduler.now + shape.stormMs);
  world.trace(() => "the storm is over");
  calm(stage);
}

async function settle(stage: Stage): Promise<void> {
  const { world } = stage;
  const { scheduler } = world;
  const isDone = (): boolean => isOver(stage);
  await scheduler.run(scheduler.now + QUIET_MS, isDone);
  if (isDone()) return;
  await explained(stage);
  for (const driver of [...DRIVERS, LATE_DRIVER]) {
    const events = ["create", "update", "delete"] as const;
    stage.join({ driver, name: `${driver}-late`, resources: KINDS, events, concurrency: 10 });
  }
  await scheduler.run(scheduler.now + END_MS, isDone);
}

function isOver({ world, logReaders, feedReader, areClientsDone }: Stage): boolean {
  const { disk } = world;
  return (
    areClientsDone &&
    logReaders.every(({ isDone }) => isDone) &&
    disk.all("run").every(({ state }) => isRunEnded(state)) &&
    disk.all("session").every(({ leases }) => leases.length === 0) &&
    feedReader.position === disk.lastChange
  );
}

/** P11: whatever does not move now says why. */
async function explained(stage: Stage): Promise<void> {
  const { world, gateway } = stage;
  const waiting = world.disk
    .all("run")
    .filter(({ state }) => !isRunEnded(state))
    .filter(({ steps }) =>
      steps.every(({ state }) => state !== "running" && state !== "cancelling"),
    );
  for (const { id } of waiting) {
    let isAnswered = false;
    void gateway
      .request((engine) => engine.getRun(id))
      .then((answer) => {
        isAnswered = true;
        if (answer.kind !== "answered") world.broken.push(`run ${id} cannot be read`);
        else if (!isRunEnded(answer.value.run.state) && answer.value.why.length === 0) {
          world.broken.push(`run ${id} does not move, and nobody says why`);
        }
      });
    await world.scheduler.run(world.scheduler.now + 20_000, () => isAnswered);
  }
}
