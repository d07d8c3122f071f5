/**
 * The logger of one attempt.
 *
 * G1 A line is in the spool, and on its way, when `log` returns; `log` never waits.
 * G2 Lines keep the order in which they were logged, over all streams.
 * G3 After the result nothing is taken any more: the result counts the lines before it.
 */
import type { Writable } from "node:stream";
import type { LogLevel } from "@conveyor-ci/core";
import { DriverError } from "./errors.ts";
import { encodeLine, type Labels, labelsOf, textOf } from "./log-line.ts";
import { createLogStream, type LogStream } from "./log-stream.ts";

/** Where lines go. */
export interface LineSink {
  /** @throws {DriverError} `log_spool_full` */
  write(lease: number, line: string): void;
  /** Resolves when the spool has room again; the caller tries once more. */
  waitForRoom(): Promise<void>;
  /** Whether so many lines of the lease became durable before it was gone. */
  flush(lease: number, lines: number): Promise<boolean>;
  notice(message: string): void;
}

/** Writes lines of the run's log; they are stored with driver, run, step, attempt and labels. */
export interface DriverLogger {
  /**
   * Logs a line at level `info`. Returns at once, also when the server is away: lines wait in a
   * bounded spool and become durable in order, each exactly once. Messages over 256 KiB are split, the
   * parts marked by the label `conveyor.part`. After the result has been returned, and after the lease
   * was lost, lines are no longer taken.
   *
   * @throws {DriverError} `log_spool_full` when the spool is at its bound; uncaught it fails the step run
   * @throws {RangeError} when the labels are more than 64, take more than 64 KiB as JSON, or one has no
   *   name or one of more than 253 characters
   */
  log(labels: Labels, message: unknown): void;
  debug(message: unknown, labels?: Labels): void;
  info(message: unknown, labels?: Labels): void;
  warn(message: unknown, labels?: Labels): void;
  error(message: unknown, labels?: Labels): void;
  /**
   * A stream for a child process's output: each line becomes a log line of this stream. It takes
   * no more while the spool is full, so a pipe slows its process down instead of failing.
   *
   * @throws {RangeError} for labels that no line may have
   */
  stream(name: string, labels?: Labels): Writable;
  /**
   * Waits until every line logged so far is durable.
   *
   * @throws {DriverError} `lease_lost` when the lease is gone before
   */
  flush(): Promise<void>;
}

/** The logger as the attempt holds it. */
export interface AttemptLogger {
  readonly logger: DriverLogger;
  /** Lines taken so far. */
  readonly lines: () => number;
  /** G3: takes what streams still hold, and then nothing more. */
  end(): void;
  /** Nothing is taken any more, and nothing said about it: the lease is gone. */
  lose(): void;
  isLost(): boolean;
}

interface LogEntry {
  readonly level: LogLevel;
  readonly message: unknown;
  readonly labels: Labels | undefined;
  readonly stream?: string;
}

/** `title` says whose lines these are, for notices. */
export function createAttemptLogger(
  attempt: { readonly lease: number; readonly title: string; readonly now: () => number },
  sink: LineSink,
): AttemptLogger {
  const { lease, title, now } = attempt;
  const streams = new Set<LogStream>();
  let state: "open" | "ended" | "lost" = "open";
  let lines = 0;
  let isWarned = false;

  function write({ level, message, labels, stream }: LogEntry): void {
    if (state === "ended" && !isWarned) {
      isWarned = true;
      sink.notice(`${title} logged after its result; the line is not stored: ${textOf(message)}`);
    }
    if (state !== "open") return;
    const line = {
      timestamp: timestampOf(now()),
      level,
      message: textOf(message),
      labels: labelsOf(labels),
    };
    const encoded = encodeLine(stream === undefined ? line : { ...line, stream });
    for (const text of encoded) {
      sink.write(lease, text);
      lines += 1;
    }
  }

  const logger: DriverLogger = {
    log(labels, message) {
      // `log("text")` means the text: it is what people type first.
      if (typeof labels === "string" && message === undefined) {
        write({ level: "info", message: labels, labels: undefined });
      } else write({ level: "info", message, labels });
    },
    debug: (message, labels) => write({ level: "debug", message, labels }),
    info: (message, labels) => write({ level: "info", message, labels }),
    warn: (message, labels) => write({ level: "warn", message, labels }),
    error: (message, labels) => write({ level: "error", message, labels }),
    stream(name, labels = {}) {
      const texts = labelsOf(labels);
      const stream = createLogStream({
        write: (text, more) => {
          write({
            level: "info",
            message: text,
            labels: { ...texts, ...more },
            stream: name.slice(0, 64),
          });
        },
        waitForRoom: () => sink.waitForRoom(),
        closed: () => void streams.delete(stream),
      });
      streams.add(stream);
      return stream.writable;
    },
    async flush() {
      if (state !== "lost" && (await sink.flush(lease, lines))) return;
      throw new DriverError("lease_lost", `${title} lost its lease before its lines were durable`);
    },
  };
  return {
    logger,
    lines: () => lines,
    end() {
      for (const stream of streams) stream.flushRest();
      if (state === "open") state = "ended";
    },
    lose: () => void (state = "lost"),
    isLost: () => state === "lost",
  };
}

let stampedAt = 0;
let stamp = "";

/** Many lines fall into one millisecond, and making the text costs more than comparing. */
function timestampOf(ms: number): string {
  if (ms !== stampedAt) {
    stampedAt = ms;
    stamp = new Date(ms).toISOString();
  }
  return stamp;
}
