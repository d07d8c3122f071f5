/** Prepared statements that keep their database open as long as they live. */
import type {
  DatabaseSyncInstance as DatabaseSync,
  StatementSyncInstance as StatementSync,
} from "@photostructure/sqlite";

export type SqlValue = string | number | null;

/**
 * A prepared statement. `Row` is what its columns are read as; it is the caller's word, backed by
 * STRICT tables.
 */
export class Statement<Row = never> {
  /** A statement does not keep its database alive by itself, and crashes when it is collected. */
  readonly database: DatabaseSync;
  readonly #statement: StatementSync;

  constructor(database: DatabaseSync, sql: string) {
    this.database = database;
    this.#statement = database.prepare(sql);
  }

  run(...values: readonly SqlValue[]): void {
    this.#statement.run(...values);
  }

  /** Answers how many rows it changed. */
  change(...values: readonly SqlValue[]): number {
    return Number(this.#statement.run(...values).changes);
  }

  first(...values: readonly SqlValue[]): Row | undefined {
    return this.#statement.get(...values) as Row | undefined;
  }

  all(...values: readonly SqlValue[]): readonly Row[] {
    return this.#statement.all(...values) as Row[];
  }

  /** Rows one by one; to be left or exhausted before the statement is used again. */
  each(...values: readonly SqlValue[]): IterableIterator<Row> {
    return this.#statement.iterate(...values) as IterableIterator<Row>;
  }
}
