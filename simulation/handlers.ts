/** What drivers do in a history, and the notes that are kept of each call of `reconcile`. */
import type { Driver, ReconcileContext } from "@conveyor-ci/driver";
import type { Handler } from "../chaos/evidence.ts";
import type { SimProcess } from "./sim-process.ts";
import type { World } from "./world.ts";

/** Longer than a handler is given to stop. */
const STUBBORN_MS = 12_000;
/** When the storm is over everybody is quick, so that the history comes to its end. */
const CALM_MS = 100;

/** One call of `reconcile`, as an observer sees it. */
export interface HandlerNote extends Omit<Handler, "endAt" | "logged" | "flushed" | "lostAt"> {
  readonly process: SimProcess;
  endAt: number | null;
  logged: number | null;
  /** Lines of which the instance knows that they are durable. */
  flushed: number;
  abortedBy: string | null;
  abortedAt: number | null;
}

export interface HandlerParts {
  readonly world: World;
  readonly process: SimProcess;
  readonly driver: string;
  readonly resources: readonly string[];
  readonly instance: string;
  readonly pid: number;
  readonly notes: HandlerNote[];
  /** Told when the signal of a handler has aborted. */
  readonly onAborted: (note: HandlerNote) => void;
}

/** A driver whose handlers take as long, and end as they do, by the seed. */
export function createHandlers(parts: HandlerParts): Driver {
  const { driver: name, resources } = parts;
  return { name, resources, reconcile: (context) => reconcile(parts, context) };
}

async function reconcile(parts: HandlerParts, context: ReconcileContext) {
  const { world } = parts;
  const { random, shape, scheduler } = world;
  const note = begin(parts, context);
  const { fence } = context;
  let lines = 0;
  try {
    lines = await work(parts, context, note);
    note.logged = lines;
  } finally {
    note.endAt = scheduler.now;
    world.trace(() => `handler of lease ${fence} ended with ${lines} lines`);
  }
  if (random.chance(shape.failing)) throw new Error("the handler threw");
  const success = !random.chance(shape.failing);
  const data = random.chance(0.3) ? { fence } : null;
  return { success, message: `fence ${fence}, ${lines} lines`, data };
}

/** Logs in parts; answers the number of lines. */
async function work(
  { world, process }: HandlerParts,
  { logger, signal, fence }: ReconcileContext,
  note: HandlerNote,
): Promise<number> {
  const { random, shape } = world;
  const isStubborn = random.chance(shape.stubborn);
  let lines = 0;
  for (let part = random.integer(1, 3); part > 0; part -= 1) {
    if (signal.aborted && !isStubborn) break;
    for (let count = random.integer(0, 3); count > 0; count -= 1) {
      logger.log({ part: String(part) }, `${fence}:${lines}`);
      lines += 1;
    }
    if (random.chance(0.3)) {
      await logger.flush();
      note.flushed = lines;
    }
    const longestMs = world.isStormy ? (isStubborn ? STUBBORN_MS : shape.handlerMs) : CALM_MS;
    const pauseMs = random.integer(0, longestMs);
    await (isStubborn ? process.sleep(pauseMs) : pauseOrAbort(process, pauseMs, signal));
  }
  return lines;
}

function begin(parts: HandlerParts, context: ReconcileContext): HandlerNote {
  const { world, process, driver, instance, pid, notes, onAborted } = parts;
  const { runId: run, step, attempt, fence, resource, signal } = context;
  const note: HandlerNote = {
    run,
    step,
    attempt,
    fence,
    driver,
    instance,
    pid,
    resource: resource.name,
    process,
    startAt: world.scheduler.now,
    endAt: null,
    logged: null,
    flushed: 0,
    abortedBy: null,
    abortedAt: null,
  };
  notes.push(note);
  world.trace(() => `${instance} begins lease ${fence}: attempt ${attempt} of ${run}/${step}`);
  signal.addEventListener("abort", () => {
    note.abortedAt = world.scheduler.now;
    note.abortedBy = (signal.reason as { kind?: string }).kind ?? "";
    world.trace(() => `handler of lease ${fence} is told to stop: ${note.abortedBy ?? ""}`);
    onAborted(note);
  });
  return note;
}

function pauseOrAbort(process: SimProcess, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const callOff = process.after(delayMs, resolve);
    signal.addEventListener("abort", () => {
      callOff();
      resolve();
    });
  });
}
