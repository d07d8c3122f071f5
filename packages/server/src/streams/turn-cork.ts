/** What is written to a stream in one turn of the event loop leaves in one system call. */
import type { Writable } from "node:stream";

export class TurnCork {
  readonly #stream: Writable;
  #isHeld = false;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Holds what is written from now on until the present turn has done its work. */
  hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#stream.cork();
    process.nextTick(() => this.#release());
  }

  /**
   * Lets go of what is held as soon as those who wait already have had their say: it leaves together
   * with what they write, and before what comes of it, such as answers to others.
   */
  hasten(): void {
    if (this.#isHeld) queueMicrotask(() => this.#release());
  }

  #release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#stream.uncork();
  }
}
