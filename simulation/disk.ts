/**
 * What is stored, over all crashes of the server: a storage in memory whose every commit is shown to
 * those who watch.
 *
 * D1 A commit is all there or not at all, and stays; only seeded defects forget one.
 */
import type { Command, Rules, TableName, Tables } from "@conveyor-ci/core";
import type { BatchResult } from "@conveyor-ci/engine";
import { MemoryStorage } from "@conveyor-ci/testkit";

/** Wall-clock time at which every history begins. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);

export interface Commit {
  /** By the history's clock. */
  readonly at: number;
  readonly commands: readonly Command[];
  readonly result: BatchResult;
}

export class Disk {
  readonly #now: () => number;
  readonly #watchers: ((commit: Commit) => void)[] = [];
  /** What a defect that forgets commits needs to do so; else nothing is kept. */
  readonly #remembered: { at: number; commands: readonly Command[] }[] | null;
  #storage: MemoryStorage;
  #storageNow: number | null = null;
  #lastChange = 0;
  #rules: Rules | null = null;

  constructor(now: () => number, { canForget }: { readonly canForget: boolean }) {
    this.#now = now;
    this.#remembered = canForget ? [] : null;
    this.#storage = this.#fresh();
  }

  get storage(): MemoryStorage {
    return this.#storage;
  }

  all<T extends TableName>(table: T): readonly Tables[T][] {
    return this.#storage.all(table);
  }

  /** Position of the newest change. */
  get lastChange(): number {
    return this.#lastChange;
  }

  watch(watcher: (commit: Commit) => void): void {
    this.#watchers.push(watcher);
  }

  /** D1 */
  async commit(commands: readonly Command[], rules: Rules): Promise<BatchResult> {
    const result = await this.#storage.batch(commands, rules);
    this.#rules = rules;
    this.#lastChange = result.changes.at(-1)?.position ?? this.#lastChange;
    this.#remembered?.push({ at: this.#now(), commands });
    for (const watcher of this.#watchers) watcher({ at: this.#now(), commands, result });
    return result;
  }

  /** Loses the newest commits: a defect. */
  async forget(count: number): Promise<void> {
    if (this.#rules === null) return;
    const kept = this.#remembered?.slice(0, -count) ?? [];
    this.#storage = this.#fresh();
    for (const { at, commands } of kept) {
      this.#storageNow = at;
      await this.#storage.batch(commands, this.#rules);
    }
    this.#lastChange = await this.#storage.lastChange();
    this.#storageNow = null;
    this.#remembered?.splice(kept.length);
  }

  #fresh(): MemoryStorage {
    return new MemoryStorage({ now: () => EPOCH_MS + (this.#storageNow ?? this.#now()) });
  }
}
