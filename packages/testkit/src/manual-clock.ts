/** A clock that stands still until the test moves it. */
import type { Clock } from "@conveyor-ci/engine/ports";

interface Alarm {
  readonly at: number;
  readonly wake: () => void;
}

export class ManualClock implements Clock {
  #now: number;
  readonly #alarms = new Set<Alarm>();

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, wake: () => void): () => void {
    const alarm = { at: this.#now + delayMs, wake };
    this.#alarms.add(alarm);
    return () => {
      this.#alarms.delete(alarm);
    };
  }

  nextTurn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** How many wake-ups are set: none is left when all loops have stopped. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Lets time pass in which nobody was woken, as for a process that was stopped. */
  async standStill(forMs: number): Promise<void> {
    this.#now += forMs;
    await this.advance(0);
  }

  /** Moves time on, waking at each set time in turn; what was woken gets to run in between. */
  async advance(byMs: number): Promise<void> {
    const end = this.#now + byMs;
    for (;;) {
      const next = [...this.#alarms].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      this.#alarms.delete(next);
      next.wake();
      await settled();
    }
    this.#now = end;
    await settled();
  }
}

/** Lets everything that is ready to run do so: promises, and several turns of the event loop. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
