/**
 * Group commit: what comes in one turn of the event loop shares one transaction and one sync.
 * Whoever wrote is told after the commit, in the order of the writes.
 */
import type { Store } from "./store.ts";

export class GroupCommit {
  readonly #store: Store;
  #writes: (() => void)[] = [];
  #told: (() => void)[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  add(write: () => void, told: () => void): void {
    if (this.#writes.length === 0) setImmediate(() => this.#commit());
    this.#writes.push(write);
    this.#told.push(told);
  }

  #commit(): void {
    const writes = this.#writes;
    const told = this.#told;
    this.#writes = [];
    this.#told = [];
    this.#store.begin();
    for (const write of writes) write();
    this.#store.commit();
    for (const tell of told) tell();
  }
}
