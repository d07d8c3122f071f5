/** UUIDs of version 7 (RFC 9562): they never repeat, and sort by the millisecond they were made. */
import { randomFillSync } from "node:crypto";
import { v7 as uuidV7 } from "uuid";

const ID_BYTES = 16;
/** Random bytes fetched at once: asking the system for each id costs several times the rest. */
const pool = Buffer.allocUnsafe(ID_BYTES * 256);
let used = pool.length;

/** A new id. */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, used + ID_BYTES);
  used += ID_BYTES;
  return uuidV7({ random });
}
