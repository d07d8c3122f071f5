/**
 * A `Writable` whose lines become log lines. At a full spool it holds back instead of failing: the
 * callback of the chunk waits, and with it whoever pipes into it.
 */
import { Writable } from "node:stream";
import { PART_LABEL } from "@conveyor-ci/contract";
import { DriverError } from "./errors.ts";
import { type LinePiece, LineSplitter } from "./line-splitter.ts";
import type { Labels } from "./log-line.ts";

export interface LogStreamTarget {
  /** @throws {DriverError} `log_spool_full`; the line is given again when there is room */
  write(text: string, labels: Labels): void;
  waitForRoom(): Promise<void>;
  closed(): void;
}

export interface LogStream {
  readonly writable: Writable;
  /** Logs the line that has not ended yet. */
  flushRest(): void;
}

export function createLogStream(target: LogStreamTarget): LogStream {
  const splitter = new LineSplitter();

  async function writeWhenRoom(pieces: readonly LinePiece[]): Promise<void> {
    for (const { text, part } of pieces) {
      const labels = part === undefined ? {} : { [PART_LABEL]: String(part) };
      while (!tryWrite(text, labels)) await target.waitForRoom();
    }
  }

  function tryWrite(text: string, labels: Labels): boolean {
    try {
      target.write(text, labels);
      return true;
    } catch (error) {
      if (error instanceof DriverError && error.code === "log_spool_full") return false;
      throw error;
    }
  }

  const writable = new Writable({
    write(chunk: Buffer, _encoding, done) {
      writeWhenRoom(splitter.push(chunk)).then(() => done(), done);
    },
    final(done) {
      writeWhenRoom(splitter.end()).then(() => done(), done);
    },
    destroy(error, done) {
      target.closed();
      done(error);
    },
  });
  return {
    writable,
    flushRest() {
      for (const { text } of splitter.end()) tryWrite(text, {});
    },
  };
}
