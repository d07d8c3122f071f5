/**
 * Writes to a socket or response no faster than its reader takes it.
 *
 * O1 One who awaits `write` holds at most what he wrote last, however slow the reader is.
 * O2 What is written in one turn of the event loop leaves in one system call. A response sees to
 *    that by itself, and must not be corked: since Node 22 one that is ended while it is corked loses
 *    what it holds, and one that was corked may never tell that it has drained.
 */
import { OutgoingMessage } from "node:http";
import type { Writable } from "node:stream";
import { TurnCork } from "./turn-cork.ts";

export class Outlet {
  readonly #stream: Writable;
  readonly #cork: TurnCork | null;

  constructor(stream: Writable) {
    this.#stream = stream;
    this.#cork = stream instanceof OutgoingMessage ? null : new TurnCork(stream);
  }

  get isOpen(): boolean {
    return !this.#stream.destroyed && !this.#stream.writableEnded;
  }

  /** Nothing waits to be taken by the reader. */
  get isClear(): boolean {
    return this.isOpen && !this.#stream.writableNeedDrain;
  }

  /** Writes, and waits while the reader has too much before it; false: the reader is gone. */
  write(data: string | Buffer): boolean | Promise<boolean> {
    if (!this.isOpen) return false;
    this.#cork?.hold();
    return this.#stream.write(data) || this.#drained();
  }

  #drained(): Promise<boolean> {
    const stream = this.#stream;
    return new Promise((resolve) => {
      const done = (): void => {
        stream.off("drain", done);
        stream.off("close", done);
        stream.off("error", done);
        resolve(this.isOpen);
      };
      stream.on("drain", done);
      stream.on("close", done);
      stream.on("error", done);
    });
  }
}
