/**
 * Follows the log of one run from any line on (promise P6).
 *
 * F1 Lines come in the order of `seq`, each once, first from the store, then live.
 * F2 It subscribes before it reads: what is committed later is in the buffer, what was committed
 *    before is on disk, and what is in both is told apart by `seq`.
 * F3 A reader that is slow overruns the buffer, which is then thrown away; the reader goes on from
 *    the store. A follower holds at most `MAX_BUFFERED` chunks, however slow its reader is.
 * F4 The end comes after the last line: a run that has ended gets no more lines.
 * F5 A notice that was lost leaves a gap in the `seq` of those that come, of whatever driver they
 *    are: what is buffered is thrown away, and the reader goes on from the store.
 */
import { isRunEnded, type LogChunk, type Run, type RunState } from "@conveyor-ci/core";
import type { LogEvent } from "../engine.ts";
import type { Clock, LogStore, Notice, Notifier } from "../ports/index.ts";

const MAX_BUFFERED = 16;
const PAGE_BYTES = 512 * 1024;
/** How long a lost notice can delay a reader. */
const POLL_MS = 2_000;

export interface FollowOptions {
  readonly ns: string;
  readonly run: Run;
  readonly driver: string | null;
  readonly after: number;
  readonly signal: AbortSignal;
  readonly logs: LogStore;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly stateOf: (run: string) => Promise<RunState>;
}

export async function* followLog(options: FollowOptions): AsyncGenerator<LogEvent, void, void> {
  const inbox = new Inbox(options);
  const { id } = options.run;
  const unsubscribe = options.notifier.subscribe(`run:${id}`, (notice) => inbox.take(notice));
  const callOff = wakeRegularly(options.clock, () => inbox.overrun());
  const onAbort = (): void => inbox.wake();
  options.signal.addEventListener("abort", onAbort);
  try {
    let after = options.after;
    while (!options.signal.aborted) {
      if (inbox.isOverrun) {
        // The state is asked before the store is read: what had ended by then has all its lines.
        const state = await options.stateOf(id);
        inbox.reset();
        for await (const chunk of stored(options, after)) {
          inbox.read(chunk);
          yield { kind: "lines", chunk, after };
          after = Math.max(after, lastSeq(chunk));
          if (options.signal.aborted) return;
        }
        if (isRunEnded(state)) {
          yield { kind: "end", run: id, state };
          return;
        }
      }
      for (let chunk = inbox.next(); chunk !== undefined; chunk = inbox.next()) {
        if (lastSeq(chunk) <= after) continue;
        yield { kind: "lines", chunk, after };
        after = lastSeq(chunk);
      }
      if (inbox.isOverrun) continue;
      if (inbox.ended !== null) {
        // The notice of the last lines may have been lost: the store has the last word.
        for await (const chunk of stored(options, after)) yield { kind: "lines", chunk, after };
        yield { kind: "end", run: id, state: inbox.ended };
        return;
      }
      if (!options.signal.aborted) await inbox.wait();
    }
  } finally {
    unsubscribe();
    callOff();
    options.signal.removeEventListener("abort", onAbort);
  }
}

function lastSeq(chunk: LogChunk): number {
  return chunk.first + chunk.lines.length - 1;
}

async function* stored(options: FollowOptions, after: number): AsyncGenerator<LogChunk> {
  const { ns, driver, logs, run } = options;
  const { position } = run;
  let cursor: { position: number; after: number } | null = { position, after };
  while (cursor !== null) {
    const page = await logs.read({
      ns,
      position,
      driver,
      pipeline: null,
      step: null,
      after: cursor,
      maxBytes: PAGE_BYTES,
    });
    yield* page.chunks;
    cursor = page.next;
  }
}

function wakeRegularly(clock: Clock, wake: () => void): () => void {
  let callOff = (): void => {};
  const schedule = (): void => {
    callOff = clock.after(POLL_MS, () => {
      wake();
      schedule();
    });
  };
  schedule();
  return () => callOff();
}

/** What was told since the last look. */
class Inbox {
  readonly #driver: string | null;
  #chunks: LogChunk[] = [];
  #wake: () => void = () => {};
  /** All lines of the run up to this one were read, told, or are in the store by now. */
  #through: number;
  isOverrun = true;
  ended: RunState | null = null;

  constructor({ driver, after }: Pick<FollowOptions, "driver" | "after">) {
    this.#driver = driver;
    this.#through = after;
  }

  /** A chunk came from the store. */
  read(chunk: LogChunk): void {
    this.#through = Math.max(this.#through, lastSeq(chunk));
  }

  take(notice: Notice): void {
    if (notice.kind === "appended") {
      const { chunk } = notice;
      const isNext = chunk.first <= this.#through + 1;
      this.read(chunk);
      if (!isNext) this.overrun(); // F5
      if (this.isOverrun) return;
      if (this.#driver !== null && chunk.driver !== this.#driver) return;
      this.#chunks.push(chunk);
      if (this.#chunks.length > MAX_BUFFERED) this.overrun();
    } else if (notice.kind === "run" && isRunEnded(notice.run.state)) {
      this.ended = notice.run.state;
    }
    this.wake();
  }

  /** What is buffered is incomplete, or may be: the store has it all. */
  overrun(): void {
    this.isOverrun = true;
    this.#chunks = [];
    this.wake();
  }

  /** The store is about to be read: what comes from now on is kept. */
  reset(): void {
    this.isOverrun = false;
    this.#chunks = [];
  }

  next(): LogChunk | undefined {
    return this.#chunks.shift();
  }

  wake(): void {
    this.#wake();
  }

  wait(): Promise<void> {
    if (this.#chunks.length > 0 || this.ended !== null || this.isOverrun) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
