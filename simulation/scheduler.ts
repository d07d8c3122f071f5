/**
 * Virtual time: what is to happen, in the order of its time, and at one time in an order of the
 * seed's choice.
 *
 * T1 Time moves only from one action to the next; between two actions every promise that can go on
 *    has gone on. So the same seed makes the same history.
 */
import type { Random } from "../chaos/random.ts";

interface Planned {
  readonly at: number;
  /** Decides between actions of one time. */
  readonly rank: number;
  readonly action: () => void;
  isCalledOff: boolean;
}

export class Scheduler {
  readonly #random: Random;
  /** A heap: each comes before the two behind it. */
  readonly #heap: Planned[] = [];
  #now = 0;
  #actions = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Milliseconds since the history began. */
  get now(): number {
    return this.#now;
  }

  /** Actions that were taken. */
  get actions(): number {
    return this.#actions;
  }

  /** Plans an action; answers how to call it off. */
  after(delayMs: number, action: () => void): () => void {
    const at = this.#now + Math.max(0, delayMs);
    const planned: Planned = { at, rank: this.#random.next(), action, isCalledOff: false };
    this.#push(planned);
    return () => {
      planned.isCalledOff = true;
    };
  }

  /** Takes actions up to a time, or until nothing more is wanted. */
  async run(untilMs: number, isDone: () => boolean = () => false): Promise<void> {
    while (!isDone()) {
      const next = this.#heap[0];
      if (next === undefined || next.at > untilMs) break;
      this.#pop();
      if (next.isCalledOff) continue;
      this.#now = next.at;
      this.#actions += 1;
      next.action();
      await drained(); // T1
    }
    if (!isDone()) this.#now = Math.max(this.#now, untilMs);
  }

  #push(planned: Planned): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(planned);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(planned, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = planned;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      let least = left;
      if (right !== undefined && isBefore(right, left)) {
        least = right;
        child += 1;
      }
      if (!isBefore(least, last)) break;
      heap[place] = least;
      place = child;
    }
    heap[place] = last;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.rank < b.rank);
}

/** Resolves when no promise can go on by itself: Node runs all of them before the next tick. */
function drained(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
