/**
 * What is stored, over all crashes of the server: a storage in memory whose every commit is shown to
 * those who watch.
 *
 * D1 A commit is all there or not at all, and stays; only seeded defects forget one.
 */
import type { Command, Rules, TableName, Tables } from "@conveyor-ci/core";
import type { BatchResult } from "@conveyor-ci/engine";
import { type Mark, MemoryStorage, type Written } from "@conveyor-ci/testkit";
import type { Defect } from "./defect.ts";

/** Wall-clock time at which every history begins. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);

export interface Commit {
  /** By the history's clock. */
  readonly at: number;
  readonly commands: readonly Command[];
  readonly result: BatchResult;
  /** The records that it made, changed and deleted. */
  readonly written: readonly Written[];
  /** What would have come of some of its commands alone. */
  readonly decideAlone: (
    commands: readonly Command[],
  ) => Promise<Pick<Commit, "result" | "written">>;
}

type DiskDefect = Pick<Defect, "forgottenCommits" | "stores" | "says">;

export class Disk {
  readonly #now: () => number;
  readonly #defect: DiskDefect;
  readonly #watchers: ((commit: Commit) => void)[] = [];
  /** What a defect that forgets commits needs to do so; else nothing is kept. */
  readonly #remembered: { at: number; commands: readonly Command[] }[] | null;
  #storage: MemoryStorage;
  #storageNow: number | null = null;
  #lastChange = 0;
  #rules: Rules | null = null;
  #written: readonly Written[] = [];

  constructor(now: () => number, defect: DiskDefect) {
    this.#now = now;
    this.#defect = defect;
    this.#remembered = defect.forgottenCommits > 0 ? [] : null;
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
    const mark = this.#storage.mark();
    const done = await this.#storage.batch(commands, rules);
    const result = this.#defect.says(commands, done);
    const written = this.#written;
    this.#rules = rules;
    this.#lastChange = result.changes.at(-1)?.position ?? this.#lastChange;
    this.#remembered?.push({ at: this.#now(), commands });
    const decideAlone = (some: readonly Command[]) => this.#decideAlone(some, { mark, written });
    const commit = { at: this.#now(), commands, result, written, decideAlone };
    for (const watcher of this.#watchers) watcher(commit);
    return result;
  }

  /** To be called before anything else is written. */
  async #decideAlone(
    commands: readonly Command[],
    before: { readonly mark: Mark; readonly written: readonly Written[] },
  ): Promise<Pick<Commit, "result" | "written">> {
    if (this.#rules === null) throw new Error("nothing was committed");
    let written: readonly Written[] = [];
    const past = this.#storage.past(before.mark, before.written, {
      now: () => EPOCH_MS + this.#now(),
      onWrite: (writes) => (written = writes),
    });
    const result = await past.batch(commands, this.#rules);
    return { result, written };
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
    return new MemoryStorage({
      now: () => EPOCH_MS + (this.#storageNow ?? this.#now()),
      onWrite: (writes) => (this.#written = this.#defect.stores(writes)),
    });
  }
}
