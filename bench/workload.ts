/** What the handlers of a measurement do; the driver of the floor and that of the product run this. */
import { setTimeout as pause } from "node:timers/promises";
import { sharedClockMs } from "./clock.ts";

/** Stands in the spec of a resource. */
export type Workload =
  | { readonly do: "nothing" }
  /** Throws, so that the run fails. */
  | { readonly do: "fail" }
  /** Logs some lines at once, as a short build does. */
  | { readonly do: "log"; readonly lines: number }
  /** Tells when the handler was called. */
  | { readonly do: "report" }
  /** Logs as fast as it can. */
  | { readonly do: "lines"; readonly lines: number }
  /** Logs at a rate, whatever becomes of the lines. */
  | { readonly do: "pacedLines"; readonly lines: number; readonly perSecond: number }
  /** Tells that it was called, and at the first delivery goes on until it is told to stop. */
  | { readonly do: "untilAborted" };

export interface WorkloadLogger {
  log(labels: Readonly<Record<string, string>>, message: string): void;
  /** Resolves when every line is durable. */
  flush(): Promise<void>;
}

/** What a driver process tells the load generator. */
export type WorkloadReport =
  | { readonly kind: "connected" }
  /** The driver of the product begins to connect. */
  | { readonly kind: "begun"; readonly at: number }
  | { readonly kind: "called"; readonly run: string; readonly at: number }
  | { readonly kind: "aborted"; readonly run: string; readonly at: number }
  | {
      readonly kind: "logged";
      readonly run: string;
      readonly beganAt: number;
      readonly durableAt: number;
    };

export interface WorkloadPlace {
  readonly run: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly logger: WorkloadLogger;
}

/** What a reader has to connect in before the first line is logged. */
const LEAD_MS = 250;
/** Lines between two waits for durability; two lots are under way at a time. */
const LOT = 10_000;
const LABELS = { step: "compile" };

export function reportToParent(report: WorkloadReport): void {
  process.send?.(report);
}

export async function performWorkload(workload: Workload, place: WorkloadPlace): Promise<void> {
  switch (workload.do) {
    case "nothing":
      return;
    case "fail":
      throw new Error("this one was to fail");
    case "log":
      for (let index = 0; index < workload.lines; index += 1) {
        place.logger.log(LABELS, messageOf(index, 0));
      }
      return;
    case "report": {
      const at = sharedClockMs();
      // Behind the result, so that telling it takes no part in what is measured.
      setImmediate(() => reportToParent({ kind: "called", run: place.run, at }));
      return;
    }
    case "lines":
      return logLines(workload, place);
    case "pacedLines":
      return logPaced(workload, place);
    case "untilAborted":
      reportToParent({ kind: "called", run: place.run, at: sharedClockMs() });
      if (place.attempt === 1) await untilAborted(place);
      return;
  }
}

function untilAborted({ run, signal }: WorkloadPlace): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      reportToParent({ kind: "aborted", run, at: sharedClockMs() });
      resolve();
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** The number and the due time lead the message: the reader checks one and counts from the other. */
export function messageOf(index: number, dueAt: number): string {
  return `${index} ${dueAt.toFixed(3)} compiling src/module-${index % 997}.ts with 4 warnings`;
}

async function logLines(
  { lines }: { readonly lines: number },
  { run, logger }: WorkloadPlace,
): Promise<void> {
  await pause(LEAD_MS);
  const beganAt = sharedClockMs();
  let before = Promise.resolve();
  for (let from = 0; from < lines; from += LOT) {
    const to = Math.min(lines, from + LOT);
    for (let index = from; index < to; index += 1) logger.log(LABELS, messageOf(index, beganAt));
    const durable = logger.flush();
    await before;
    before = durable;
  }
  await before;
  reportToParent({ kind: "logged", run, beganAt, durableAt: sharedClockMs() });
}

async function logPaced(
  { lines, perSecond }: { readonly lines: number; readonly perSecond: number },
  { run, logger }: WorkloadPlace,
): Promise<void> {
  await pause(LEAD_MS);
  const beganAt = sharedClockMs();
  for (let index = 0; index < lines; ) {
    const due = Math.min(lines, Math.ceil(((sharedClockMs() - beganAt) * perSecond) / 1_000));
    for (; index < due; index += 1) {
      logger.log(LABELS, messageOf(index, beganAt + (index * 1_000) / perSecond));
    }
    await pause(1);
  }
  await logger.flush();
  reportToParent({ kind: "logged", run, beganAt, durableAt: sharedClockMs() });
}
