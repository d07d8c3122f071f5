/**
 * The few numbers that both threads of an instance see at once.
 *
 * C1 `spooledBytes` is raised by the main thread before a line enters the channel and lowered by the
 *    worker when the line is durable or its lease is gone; so it never undercounts what is held.
 * C2 `beat` is the main thread's monotonic clock, written each time its event loop turns.
 */

const WAKE = 0;
const SPOOLED = 1;
const BEAT = 2;
const ROOM_WANTED = 3;
const SLOTS = 4;

/** What a spooled line costs beside its text: array slot, buffer header. */
export const LINE_OVERHEAD_BYTES = 64;

/** How often the main thread beats while its event loop turns. */
export const BEAT_MS = 250;

/** Milliseconds of a clock that both threads share, as a 32-bit integer that wraps. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return (seconds * 1000 + Math.floor(nanoseconds / 1_000_000)) | 0;
}

export interface Counters {
  readonly memory: SharedArrayBuffer;
  /** Whether the caller is the first since `clearWake`, and so has to wake the worker. */
  claimWake(): boolean;
  clearWake(): void;
  /** Adds a line's bytes unless that would pass `limitBytes`; answers whether it did. */
  reserve(sizeBytes: number, limitBytes: number): boolean;
  release(sizeBytes: number): void;
  spooledBytes(): number;
  wantRoom(): void;
  /** Whether somebody waits for room; asked for once. */
  takeRoomWanted(): boolean;
  beat(): void;
  /** How late the main thread's next beat is. */
  lagMs(): number;
}

/** Numbers in `memory`, or in memory of their own. */
export function createCounters(
  memory = new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT),
): Counters {
  const slots = new Int32Array(memory);
  return {
    memory,
    claimWake: () => Atomics.exchange(slots, WAKE, 1) === 0,
    clearWake: () => void Atomics.store(slots, WAKE, 0),
    reserve(sizeBytes, limitBytes) {
      // Only the main thread adds, so what is read here can only shrink before it is raised.
      if (Atomics.load(slots, SPOOLED) + sizeBytes > limitBytes) return false;
      Atomics.add(slots, SPOOLED, sizeBytes);
      return true;
    },
    release: (sizeBytes) => void Atomics.sub(slots, SPOOLED, sizeBytes),
    spooledBytes: () => Atomics.load(slots, SPOOLED),
    wantRoom: () => void Atomics.store(slots, ROOM_WANTED, 1),
    takeRoomWanted: () => Atomics.exchange(slots, ROOM_WANTED, 0) === 1,
    beat: () => void Atomics.store(slots, BEAT, monotonicMs()),
    lagMs: () => Math.max(0, ((monotonicMs() - Atomics.load(slots, BEAT)) | 0) - BEAT_MS),
  };
}
