/**
 * Carries lines from the main thread to the worker through shared memory, so that a line is on its
 * way before `log()` returns, however long the main loop is blocked afterwards.
 *
 * The memory is a row of segments. The writer appends records to the last one and announces the next
 * one by message; the reader follows.
 *
 * L1 A record is visible to the reader only when whole: its bytes are written before `committed` is.
 * L2 Records are read once, in the order in which they were written.
 * L3 A segment never changes after its successor was announced, so a reader that knows of a successor
 *    has, at `committed`, seen everything.
 *
 * Segment: committed offset (u32), then records of: length (u32), lease (f64), text (UTF-8).
 */

export const SEGMENT_BYTES = 256 * 1024;
const START = 8;
const RECORD_HEAD = 12;

interface Segment {
  readonly committed: Int32Array;
  readonly bytes: Buffer;
}

function openSegment(memory: SharedArrayBuffer): Segment {
  return { committed: new Int32Array(memory, 0, 1), bytes: Buffer.from(memory) };
}

function makeSegment(sizeBytes: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(Math.max(SEGMENT_BYTES, sizeBytes));
  new Int32Array(memory, 0, 1)[0] = START;
  return memory;
}

export interface LineWriter {
  /** `sizeBytes` is the UTF-8 length of `text`. */
  write(lease: number, text: string, sizeBytes: number): void;
}

/** Writes to segments of its own; `announce` hands each, the first included, to the reader. */
export function createLineWriter(announce: (segment: SharedArrayBuffer) => void): LineWriter {
  let segment: Segment | undefined;
  let offset = START;
  return {
    write(lease, text, sizeBytes) {
      const needed = RECORD_HEAD + sizeBytes;
      if (segment === undefined || offset + needed > segment.bytes.length) {
        const memory = makeSegment(START + needed);
        segment = openSegment(memory);
        offset = START;
        announce(memory);
      }
      segment.bytes.writeUInt32LE(sizeBytes, offset);
      segment.bytes.writeDoubleLE(lease, offset + 4);
      segment.bytes.write(text, offset + RECORD_HEAD, "utf8");
      offset += needed;
      Atomics.store(segment.committed, 0, offset); // L1
    },
  };
}

export interface LineReader {
  addSegment(memory: SharedArrayBuffer): void;
  /** Hands every record written so far to `take`. The bytes stay valid: they are a copy. */
  drain(take: (lease: number, line: Buffer) => void): void;
}

export function createLineReader(): LineReader {
  const segments: Segment[] = [];
  let offset = START;
  function drainSegment(segment: Segment, take: (lease: number, line: Buffer) => void): void {
    const end = Atomics.load(segment.committed, 0);
    while (offset < end) {
      const sizeBytes = segment.bytes.readUInt32LE(offset);
      const lease = segment.bytes.readDoubleLE(offset + 4);
      const from = offset + RECORD_HEAD;
      offset = from + sizeBytes;
      take(lease, Buffer.from(segment.bytes.subarray(from, offset)));
    }
  }
  return {
    addSegment: (memory) => void segments.push(openSegment(memory)),
    drain(take) {
      for (;;) {
        const [segment, successor] = segments;
        if (segment === undefined) return;
        drainSegment(segment, take);
        if (successor === undefined) return;
        segments.shift(); // L3
        offset = START;
      }
    },
  };
}
