/**
 * Whether state can be read and written now, found out by writing. Many may ask, also without
 * credentials, so that an answer holds for a while and is shared by those who ask meanwhile.
 */
import type { Clock, Storage } from "../ports/index.ts";

/** How long an answer holds. */
const HOLDS_MS = 1_000;

export class Readiness {
  readonly #storage: Pick<Storage, "checkWritable" | "lastChange">;
  readonly #clock: Clock;
  #answer: { readonly at: number; readonly outcome: Promise<void> } | null = null;

  constructor(storage: Pick<Storage, "checkWritable" | "lastChange">, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
  }

  /** Rejects with why not. */
  check(): Promise<void> {
    const now = this.#clock.now();
    if (this.#answer === null || now - this.#answer.at >= HOLDS_MS) {
      this.#answer = { at: now, outcome: this.#look() };
    }
    return this.#answer.outcome;
  }

  async #look(): Promise<void> {
    await this.#storage.lastChange();
    await this.#storage.checkWritable();
  }
}
