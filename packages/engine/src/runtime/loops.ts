/** The loops that time drives. Each turn is independent: what fails is done by the next one. */
import type { Clock } from "../ports/index.ts";

/** Calls its duty again and again, one turn at a time, until it is stopped. */
export interface Loop {
  start(): void;
  /** Waits for the turn that is under way; idempotent, and legal before `start`. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  /** One turn; answers whether the next one should follow at once. */
  readonly turn: () => Promise<boolean>;
  /** Told when a turn fails. */
  readonly onError: (error: unknown) => void;
}

/** Turns that may follow each other without a pause; then even a busy loop rests once. */
const MAX_EAGER_TURNS = 1_000;

export function createLoop({ clock, everyMs, turn, onError }: LoopOptions): Loop {
  let isRunning = false;
  let callOff = (): void => {};
  let underWay: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    try {
      for (let turns = 0; turns < MAX_EAGER_TURNS && (await turn()) && isRunning; turns += 1);
    } catch (error) {
      if (isRunning) onError(error);
    }
    if (isRunning) schedule();
  };
  const schedule = (): void => {
    callOff = clock.after(everyMs, () => {
      underWay = run();
    });
  };
  return {
    start: () => {
      if (isRunning) return;
      isRunning = true;
      schedule();
    },
    stop: async () => {
      isRunning = false;
      callOff();
      await underWay;
    },
  };
}
