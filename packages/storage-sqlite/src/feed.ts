/**
 * The feed: one row for each batch, with the changes it made as one JSON array.
 *
 * F1 Rows are appended as the last act of a transaction, their positions follow each other.
 * F2 All changes of a row are of one namespace; a batch over several makes several rows.
 */

import type { BatchOutput, Change } from "@conveyor-ci/core";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import { Statement } from "./statement.ts";

const INSERT = "INSERT INTO feed (first, ns, count, changes) VALUES (?, ?, ?, ?)";

/** From the row that holds the change after a position on. */
const AFTER = `
  SELECT changes FROM feed
  WHERE first >= (SELECT coalesce(max(first), 0) FROM feed WHERE first <= ?1 + 1)
    AND first + count > ?1 + 1 AND ns = ?2
  ORDER BY first`;

export interface Feed {
  /** Gives the changes the positions after `last`, and stores them. */
  append(changes: BatchOutput["changes"], last: number): readonly Change[];
  read(of: {
    readonly ns: string;
    readonly after: number;
    readonly limit: number;
  }): readonly Change[];
}

export function openFeed(db: DatabaseSync): Feed {
  const insert = new Statement(db, INSERT);
  const after = new Statement<{ readonly changes: string }>(db, AFTER);
  const store = (ns: string, changes: readonly Change[]): void => {
    const [first] = changes;
    if (first === undefined) return;
    insert.run(first.position, ns, changes.length, JSON.stringify(changes));
  };
  return {
    append: (added, last) => {
      const all: Change[] = [];
      let row: Change[] = [];
      let rowNs = added[0]?.ns ?? "";
      for (const { ns, ...change } of added) {
        if (ns !== rowNs) store(rowNs, row);
        if (ns !== rowNs) [rowNs, row] = [ns, []];
        const placed = { position: last + all.length + 1, ...change };
        all.push(placed);
        row.push(placed);
      }
      store(rowNs, row);
      return all;
    },
    read: ({ ns, after: position, limit }) => {
      const found: Change[] = [];
      for (const row of after.each(position, ns)) {
        for (const change of JSON.parse(row.changes) as readonly Change[]) {
          if (found.length === limit) return found;
          if (change.position > position) found.push(change);
        }
        if (found.length === limit) return found;
      }
      return found;
    },
  };
}
