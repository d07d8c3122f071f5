/**
 * The lines of one lease that are not durable yet.
 *
 * S1 A line keeps its index, counted from 0, whatever is sent again.
 * S2 Lines are dropped only when the server has them (`acknowledge`, `rewind`) or with the spool.
 * S3 Batches hand out lines in order, each once between two rewinds.
 */
import { LINE_OVERHEAD_BYTES } from "../shared/counters.ts";

/** Dropped slots are given back to the array in lots, as each lot costs a copy of the rest. */
const COMPACT_AT = 1_024;

export interface Batch {
  /** Index of the first line. */
  readonly first: number;
  readonly lines: readonly Buffer[];
}

export interface BatchLimits {
  readonly maxBytes: number;
  readonly maxLines: number;
}

export class Spool {
  #lines: Buffer[] = [];
  /** Slots of `#lines` whose lines are gone. */
  #dropped = 0;
  /** Index of the first line that is kept: so many are durable. */
  #durable = 0;
  /** Index of the next line to send. */
  #next = 0;
  /** Where the batches end that are not acknowledged, oldest first. */
  #inFlight: number[] = [];

  get durable(): number {
    return this.#durable;
  }

  /** Lines that were ever appended. */
  get total(): number {
    return this.#durable + this.#lines.length - this.#dropped;
  }

  get hasUnsent(): boolean {
    return this.#next < this.total;
  }

  /** Batches that were sent and are not acknowledged. */
  get inFlight(): number {
    return this.#inFlight.length;
  }

  append(line: Buffer): void {
    this.#lines.push(line);
  }

  /** The next lines to send; a line above `maxBytes` travels alone. */
  takeBatch({ maxBytes, maxLines }: BatchLimits): Batch | undefined {
    const first = this.#next;
    const from = this.#dropped + first - this.#durable;
    let to = from;
    let sizeBytes = 0;
    for (; to < this.#lines.length && to - from < maxLines; to += 1) {
      // One byte more for the comma.
      const lineBytes = (this.#lines[to]?.length ?? 0) + 1;
      if (to > from && sizeBytes + lineBytes > maxBytes) break;
      sizeBytes += lineBytes;
    }
    if (to === from) return undefined;
    this.#next = first + to - from;
    this.#inFlight.push(this.#next);
    return { first, lines: this.#lines.slice(from, to) };
  }

  /** So many lines are durable. Answers the bytes that this frees; an older number frees none. */
  acknowledge(received: number): number {
    const upTo = Math.min(received, this.total);
    let freedBytes = 0;
    while (this.#durable < upTo) {
      freedBytes += (this.#lines[this.#dropped]?.length ?? 0) + LINE_OVERHEAD_BYTES;
      this.#lines[this.#dropped] = EMPTY;
      this.#dropped += 1;
      this.#durable += 1;
    }
    this.#next = Math.max(this.#next, this.#durable);
    while ((this.#inFlight[0] ?? Infinity) <= this.#durable) this.#inFlight.shift();
    if (this.#dropped >= COMPACT_AT && this.#dropped * 2 >= this.#lines.length) this.#compact();
    return freedBytes;
  }

  /** Sending starts again behind what is durable: the connection is new, or lines went missing. */
  rewind(): void {
    this.#next = this.#durable;
    this.#inFlight = [];
  }

  /** Drops everything and answers the bytes that this frees. */
  clear(): number {
    const freedBytes = this.acknowledge(this.total);
    this.#compact();
    return freedBytes;
  }

  #compact(): void {
    this.#lines = this.#lines.slice(this.#dropped);
    this.#dropped = 0;
  }
}

const EMPTY = Buffer.alloc(0);
