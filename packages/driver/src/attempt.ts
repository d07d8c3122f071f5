/**
 * One delivery of a step run, from its `assign` to its result.
 *
 * A1 Exactly one result is handed over, behind all lines, unless the lease is lost.
 * A2 Whatever the user's code throws or returns becomes a result; nothing of it escapes.
 * A3 After an abort by `shutdown` only a success is handed over. Everything else stays undecided, so
 *    that the server delivers the step run again instead of failing it for a deployment.
 */
import type { Client } from "@conveyor-ci/client";
import type { AssignFrame, WireResult } from "@conveyor-ci/contract";
import type { Driver, ReconcileContext, Resource } from "./define-driver.ts";
import { type Ending, endingOf, endingOfError, resultFrame } from "./driver-result.ts";
import { type AbortKind, ReconcileAborted } from "./errors.ts";
import { type AttemptLogger, createAttemptLogger, type LineSink } from "./logger.ts";

export interface AttemptPorts {
  readonly sink: LineSink;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly client: () => Client;
  /** Takes the text of the result frame. */
  readonly finish: (lease: number, text: string) => void;
  /** Called once, when the handler has ended. */
  readonly ended: (attempt: Attempt) => void;
}

/** A handler that runs. */
export interface Attempt {
  readonly lease: number;
  /** For notices: driver, step and run. */
  readonly title: string;
  /** Aborts the handler's signal; the first reason stays. */
  abort(kind: AbortKind): void;
}

const ABORT_MESSAGES: Readonly<Record<AbortKind, string>> = {
  user: "the run was cancelled",
  superseded: "the resource is being deleted",
  timeout: "the attempt took longer than the timeout of its step",
  lease_lost: "the lease was lost; somebody else carries the step run out",
  shutdown: "this driver instance is stopping",
};

/** Calls `reconcile`, before this returns. */
export function startAttempt(driver: Driver, frame: AssignFrame, ports: AttemptPorts): Attempt {
  const { lease, runid, step } = frame;
  const title = `driver ${driver.name}, step ${step} of run ${runid}`;
  const controller = new AbortController();
  const log = createAttemptLogger({ lease, title, now: ports.now }, ports.sink);
  const attempt: Attempt = {
    lease,
    title,
    abort(kind) {
      if (kind === "lease_lost") log.lose();
      if (!controller.signal.aborted) {
        controller.abort(new ReconcileAborted(kind, ABORT_MESSAGES[kind]));
      }
    },
  };
  const { signal } = controller;
  const context = contextOf(frame, { logger: log.logger, signal, client: ports.client });
  void carryOut(driver, context, log).then((ending) => {
    log.end();
    const isGivenBack = kindOf(signal) === "shutdown" && !ending.success; // A3
    if (!isGivenBack && !log.isLost()) {
      ports.finish(lease, resultFrame(lease, log.lines(), ending)); // A1
    }
    ports.ended(attempt);
  });
  return attempt;
}

/** A2 */
async function carryOut(
  driver: Driver,
  context: ReconcileContext,
  log: AttemptLogger,
): Promise<Ending> {
  try {
    return endingOf(await driver.reconcile(context));
  } catch (error) {
    if (isAbort(error, context.signal)) return endingOfError(context.signal.reason);
    try {
      log.logger.error(error);
    } catch {
      // The spool is full: the result still carries the message.
    }
    return endingOfError(error);
  }
}

/** The handler stopped because it was told to, which is no news for its log. */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  return error === signal.reason || (error instanceof Error && error.name === "AbortError");
}

function kindOf(signal: AbortSignal): AbortKind | undefined {
  return signal.reason instanceof ReconcileAborted ? signal.reason.kind : undefined;
}

interface OwnParts extends Pick<ReconcileContext, "logger" | "signal"> {
  readonly client: () => Client;
}

function contextOf(frame: AssignFrame, parts: OwnParts): ReconcileContext {
  const { logger, signal, client } = parts;
  return {
    resource: frame.resource as Resource,
    event: frame.event as ReconcileContext["event"],
    runId: frame.runid,
    step: frame.step,
    attempt: frame.attempt,
    results: frame.results as Readonly<Record<string, WireResult>>,
    logger,
    signal,
    fence: frame.lease,
    get client() {
      return client();
    },
  };
}
