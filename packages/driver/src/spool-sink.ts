/**
 * The main thread's end of the spool: takes lines as long as there is room and sees to it that the
 * worker looks at them.
 *
 * K1 A line is in shared memory, and the worker woken, before `write` returns.
 * K2 The worker is woken once for all lines that it has not looked at yet.
 * K3 After `end` nothing waits any more.
 */
import { DriverError } from "./errors.ts";
import type { LineSink } from "./logger.ts";
import { type Counters, LINE_OVERHEAD_BYTES } from "./shared/counters.ts";
import { createLineWriter } from "./shared/line-channel.ts";
import type { ToWorker } from "./shared/thread-messages.ts";

export interface SpoolSinkOptions {
  readonly counters: Counters;
  readonly spoolBytes: number;
  readonly post: (message: ToWorker) => void;
  readonly notice: (message: string) => void;
}

export interface SpoolSink extends LineSink {
  /** The worker says that there is room again. */
  roomCame(): void;
  /** The worker answers a flush. */
  flushed(id: number, durable: boolean): void;
  end(): void;
}

export function createSpoolSink(options: SpoolSinkOptions): SpoolSink {
  const { counters, spoolBytes, post, notice } = options;
  const writer = createLineWriter((memory) => post({ kind: "segment", memory }));
  const flushes = new Map<number, (durable: boolean) => void>();
  const waiters = new Set<() => void>();
  let nextFlush = 1;
  let isOver = false;

  function roomCame(): void {
    for (const wake of waiters) wake();
    waiters.clear();
  }

  return {
    notice,
    roomCame,
    write(lease, line) {
      if (isOver) return;
      const sizeBytes = Buffer.byteLength(line);
      if (!counters.reserve(sizeBytes + LINE_OVERHEAD_BYTES, spoolBytes))
        throw spoolFull(spoolBytes);
      writer.write(lease, line, sizeBytes);
      if (counters.claimWake()) post({ kind: "wake" }); // K1, K2
    },
    waitForRoom() {
      counters.wantRoom();
      // The room may have come between the caller's try and the wish for it.
      if (isOver || counters.spooledBytes() * 2 <= spoolBytes) return Promise.resolve();
      return new Promise((resolve) => void waiters.add(resolve));
    },
    flush(lease, lines) {
      if (isOver) return Promise.resolve(false);
      const id = nextFlush;
      nextFlush += 1;
      return new Promise((resolve) => {
        flushes.set(id, resolve);
        post({ kind: "flush", lease, lines, id });
      });
    },
    flushed(id, durable) {
      flushes.get(id)?.(durable);
      flushes.delete(id);
    },
    end() {
      isOver = true;
      roomCame();
      for (const settle of flushes.values()) settle(false);
      flushes.clear();
    },
  };
}

export function spoolFull(spoolBytes: number): DriverError {
  const message = `the log spool is at its bound of ${spoolBytes} bytes`;
  const hint = "lines come faster than the server takes them; await logger.flush() now and then";
  return new DriverError("log_spool_full", message, { hint });
}
