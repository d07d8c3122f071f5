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
    process.nextTick(() => {
      this.#isHeld = false;
      this.#stream.uncork();
    });
  }
}
