/**
 * Records as they were written or read last, so that what one batch wrote need not be read and parsed
 * again by the next.
 *
 * R1 What is kept is what the newest commit left. A batch runs without letting any reader in, so its
 *    writes are taken in at once; after a failure nothing is kept.
 * R2 Bounded by the estimated size of the records. Those kept longest go first, which costs a read.
 */
import type { Key, TableName, Tables } from "@conveyor-ci/core";
import type { Table } from "./table.ts";

const MAX_BYTES = 4 * 1024 ** 2;

interface Kept {
  readonly value: Tables[TableName];
  readonly sizeBytes: number;
}

export class RecentRecords {
  readonly #kept = new Map<string, Kept>();
  #sizeBytes = 0;

  get<T extends TableName>(key: Key<T>): Tables[T] | undefined {
    return this.#kept.get(key.text)?.value as Tables[T] | undefined;
  }

  keep(key: Key, kept: Kept): void {
    this.drop(key.text);
    this.#kept.set(key.text, kept);
    this.#sizeBytes += kept.sizeBytes;
    if (this.#sizeBytes <= MAX_BYTES) return;
    for (const text of this.#kept.keys()) {
      this.drop(text);
      if (this.#sizeBytes <= MAX_BYTES) return;
    }
  }

  drop(text: string): void {
    const kept = this.#kept.get(text);
    if (kept === undefined) return;
    this.#kept.delete(text);
    this.#sizeBytes -= kept.sizeBytes;
  }

  clear(): void {
    this.#kept.clear();
    this.#sizeBytes = 0;
  }
}

/**
 * A table whose records are kept as long as they are recent. `sizeOf` estimates what a record takes;
 * null: it is not worth keeping.
 */
export function recentTable<T extends TableName>(
  table: Table<T>,
  recent: RecentRecords,
  sizeOf: (value: Tables[T]) => number | null,
): Table<T> {
  const keep = (key: Key<T>, value: Tables[T]): void => {
    const sizeBytes = sizeOf(value);
    if (sizeBytes === null) recent.drop(key.text);
    else recent.keep(key, { value, sizeBytes });
  };
  return {
    get: (key) => {
      const known = recent.get(key);
      if (known !== undefined) return known;
      const stored = table.get(key);
      if (stored !== undefined) keep(key, stored);
      return stored;
    },
    insert: (key, value) => {
      table.insert(key, value);
      keep(key, value);
    },
    replace: (key, value) => {
      table.replace(key, value);
      keep(key, value);
    },
    delete: (key) => {
      table.delete(key);
      recent.drop(key.text);
    },
  };
}
