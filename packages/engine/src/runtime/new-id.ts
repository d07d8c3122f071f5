/**
 * UUIDs of version 7 (RFC 9562): they never repeat, and those of one process sort as they were made,
 * so that tables and indexes by id grow at their end.
 */
import { randomFillSync } from "node:crypto";
import { v7 as uuidV7 } from "uuid";

const ID_BYTES = 16;
/** Random bytes fetched at once: asking the system for each id costs several times the rest. */
const pool = Buffer.allocUnsafe(ID_BYTES * 256);
let used = pool.length;

/** What stands between time and randomness; grows within a millisecond. */
const MAX_SEQUENCE = 0xffff_ffff;
let lastMs = 0;
let sequence = 0;

/** A new id. */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, used + ID_BYTES);
  used += ID_BYTES;
  const now = Date.now();
  if (now > lastMs || sequence === MAX_SEQUENCE) {
    lastMs = Math.max(now, lastMs + 1);
    // Half of the range is left to grow into.
    sequence = random.readUInt32BE(6) >>> 1;
  } else {
    sequence += 1;
  }
  return uuidV7({ random, msecs: lastMs, seq: sequence });
}
