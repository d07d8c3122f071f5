/** Cursors of lists: opaque to clients, and good only for the list that gave them out. */
import { ConveyorError } from "@conveyor-ci/core";

type Place = readonly (string | number)[];

/** The text that stands for a place in a list. */
export function writeCursor(list: string, place: Place): string {
  return Buffer.from(JSON.stringify([list, ...place])).toString("base64url");
}

/** The place of a cursor, of the types of `example`; null for none. Throws `invalid_cursor`. */
export function readCursor<P extends Place>(
  list: string,
  cursor: string | undefined,
  example: P,
): P | null {
  if (cursor === undefined) return null;
  const parts = decode(cursor);
  const fits =
    parts?.[0] === list &&
    parts.length === example.length + 1 &&
    example.every((part, index) => isLike(parts[index + 1], part));
  if (parts === undefined || !fits) {
    throw new ConveyorError({
      code: "invalid_cursor",
      message: "the cursor is not one that this list gave out",
      hint: "start again without a cursor",
      issues: [{ path: "/cursor", rule: "cursor", message: "was not given out by this list" }],
    });
  }
  return parts.slice(1) as unknown as P;
}

function isLike(part: unknown, example: string | number): boolean {
  return typeof example === "number"
    ? Number.isSafeInteger(part) && (part as number) >= 0
    : typeof part === "string";
}

function decode(cursor: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** One page and the cursor of the next; `rows` holds one more than `limit` when there is one. */
export function pageOf<R, W>(
  rows: readonly R[],
  of: {
    readonly limit: number;
    readonly view: (row: R) => W;
    readonly cursor: (last: R) => string;
  },
): { readonly items: readonly W[]; readonly next: string | null } {
  const shown = rows.length > of.limit ? rows.slice(0, of.limit) : rows;
  const last = shown.at(-1);
  const next = rows.length > of.limit && last !== undefined ? of.cursor(last) : null;
  return { items: shown.map((row) => of.view(row)), next };
}
