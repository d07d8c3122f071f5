/**
 * The feed: one row for each batch, with the changes it made as one JSON array of their values.
 *
 * F1 Rows are appended as the last act of a transaction, their positions follow each other.
 * F2 All changes of a row are of one namespace and one time; a batch over several makes several rows.
 */

import type { BatchOutput, Change } from "@conveyor-ci/core";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import { Statement } from "./statement.ts";

const INSERT = "INSERT INTO feed (first, ns, count, at, changes) VALUES (?, ?, ?, ?, ?)";

/** From the row that holds the change after a position on. */
const AFTER = `
  SELECT first, at, changes FROM feed
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

interface FeedRow {
  readonly first: number;
  readonly at: number;
  readonly changes: string;
}

/** A change without what the row says; what it does not name is null. */
type StoredChange = readonly [
  noun: Change["noun"],
  name: string,
  kind: string | null,
  run: string | null,
  what: string,
  actor: string,
];

function changesFromRow({ first, at, changes }: FeedRow): readonly Change[] {
  const stored = JSON.parse(changes) as readonly StoredChange[];
  return stored.map(([noun, name, kind, run, what, actor], index) => ({
    position: first + index,
    noun,
    name,
    kind,
    run,
    what,
    actor,
    at,
  }));
}

export function openFeed(db: DatabaseSync): Feed {
  const insert = new Statement(db, INSERT);
  const after = new Statement<FeedRow>(db, AFTER);
  const store = (row: readonly Change[], ns: string): void => {
    const [head] = row;
    if (head === undefined) return;
    const changes = row.map(
      ({ noun, name, kind, run, what, actor }): StoredChange => [
        noun,
        name,
        kind,
        run,
        what,
        actor,
      ],
    );
    insert.run(head.position, ns, row.length, head.at, JSON.stringify(changes));
  };
  return {
    append: (added, last) => {
      const all: Change[] = [];
      let row: Change[] = [];
      let rowNs = added[0]?.ns ?? "";
      for (const { ns, at, noun, name, kind, run, what, actor } of added) {
        if (ns !== rowNs || at !== row[0]?.at) {
          store(row, rowNs);
          [rowNs, row] = [ns, []];
        }
        const position = last + all.length + 1;
        const placed: Change = { position, at, noun, name, kind, run, what, actor };
        all.push(placed);
        row.push(placed);
      }
      store(row, rowNs);
      return all;
    },
    read: ({ ns, after: position, limit }) => {
      const found: Change[] = [];
      for (const row of after.each(position, ns)) {
        for (const change of changesFromRow(row)) {
          if (found.length === limit) return found;
          if (change.position > position) found.push(change);
        }
        if (found.length === limit) return found;
      }
      return found;
    },
  };
}
