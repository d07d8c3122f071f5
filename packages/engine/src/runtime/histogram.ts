/** Counts durations by how long they were, at the price of one addition each. */

/** What a histogram has counted. */
export interface HistogramFigures {
  /** By upper bound in seconds, growing: how many were at most so long. */
  readonly buckets: readonly { readonly upTo: number; readonly count: number }[];
  readonly count: number;
  readonly seconds: number;
}

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #seconds = 0;

  /** The upper bounds of its buckets in seconds, growing. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  add(seconds: number): void {
    this.#count += 1;
    this.#seconds += seconds;
    const index = this.#bounds.findIndex((bound) => seconds <= bound);
    if (index >= 0) this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  figures(): HistogramFigures {
    let count = 0;
    const buckets = this.#bounds.map((upTo, index) => {
      count += this.#counts[index] ?? 0;
      return { upTo, count };
    });
    return { buckets, count: this.#count, seconds: this.#seconds };
  }
}
