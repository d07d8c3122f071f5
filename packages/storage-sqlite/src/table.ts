/**
 * A table as records: what a view loads and writes. Every table is read and written by the key of
 * its records, whose values come first in every statement, in the key's own order.
 */

import type { Key, TableName, Tables } from "@conveyor-ci/core";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import { type SqlValue, Statement } from "./statement.ts";

export interface Table<T extends TableName> {
  get(key: Key<T>): Tables[T] | undefined;
  /** Writes a record that is not stored; fails if one is. */
  insert(key: Key<T>, value: Tables[T]): void;
  /** Writes a record, stored or not. */
  replace(key: Key<T>, value: Tables[T]): void;
  delete(key: Key<T>): void;
}

export interface DocumentRow {
  readonly doc: string;
}

interface RowSql {
  /** Selects the row by the key. */
  readonly select: string;
  /** Takes the key, and then the values of the row. */
  readonly insert: string;
  /** Follows `insert`, or a whole statement with the same values. */
  readonly onConflict: string;
  readonly remove: string;
}

/** How a record is written as a row. */
interface RowForm<T extends TableName, Row> {
  /** Values beside the key, in the order of `insert`. */
  values(value: Tables[T]): readonly SqlValue[];
  fromRow(row: Row): Tables[T];
}

interface DocumentSql<T extends TableName> extends RowSql {
  /** Columns beside key and document, in the order of `insert`; the document comes last. */
  columns(value: Tables[T]): readonly SqlValue[];
}

/** A table whose rows have a form of their own. */
export function rowTable<T extends TableName, Row>(
  db: DatabaseSync,
  sql: RowSql,
  form: RowForm<T, Row>,
): Table<T> {
  const select = new Statement<Row>(db, sql.select);
  const insert = new Statement(db, sql.insert);
  const replace = new Statement(db, `${sql.insert} ${sql.onConflict}`);
  const remove = new Statement(db, sql.remove);
  return {
    get: ({ ns, parts }) => {
      const row = select.first(ns, ...parts);
      return row === undefined ? undefined : form.fromRow(row);
    },
    insert: ({ ns, parts }, value) => insert.run(ns, ...parts, ...form.values(value)),
    replace: ({ ns, parts }, value) => replace.run(ns, ...parts, ...form.values(value)),
    delete: ({ ns, parts }) => remove.run(ns, ...parts),
  };
}

/** A table of JSON documents. */
export function documentTable<T extends TableName>(
  db: DatabaseSync,
  sql: DocumentSql<T>,
): Table<T> {
  return rowTable<T, DocumentRow>(db, sql, {
    values: (value) => [...sql.columns(value), JSON.stringify(value)],
    fromRow: ({ doc }) => JSON.parse(doc) as Tables[T],
  });
}

/** A table whose records are their keys. */
export function keyTable<T extends TableName>(
  db: DatabaseSync,
  sql: { readonly select: string; readonly insert: string; readonly remove: string },
  fromParts: (parts: Key<T>["parts"]) => Tables[T],
): Table<T> {
  const select = new Statement<{ readonly found: number }>(db, sql.select);
  const insert = new Statement(db, sql.insert);
  const replace = new Statement(db, `${sql.insert} ON CONFLICT DO NOTHING`);
  const remove = new Statement(db, sql.remove);
  return {
    get: ({ ns, parts }) =>
      select.first(ns, ...parts) === undefined ? undefined : fromParts(parts),
    insert: ({ ns, parts }) => insert.run(ns, ...parts),
    replace: ({ ns, parts }) => replace.run(ns, ...parts),
    delete: ({ ns, parts }) => remove.run(ns, ...parts),
  };
}

/** Records of rows with a document. */
export function documents<T extends TableName>(rows: readonly DocumentRow[]): readonly Tables[T][] {
  return rows.map((row) => JSON.parse(row.doc) as Tables[T]);
}
