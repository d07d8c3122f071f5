/**
 * The numbers that only grow.
 *
 * C1 What is stored here is in memory too, as it was after the last commit. A batch counts on a copy,
 *    which replaces it when the batch is committed and is forgotten when it is not.
 */

import { assertRule, type Numbers } from "@conveyor-ci/core";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import { Statement } from "./statement.ts";

const SELECT = `
  SELECT run_position AS runPosition, lease_token AS leaseToken, feed_position AS feedPosition, time
  FROM counters`;

const UPDATE = "UPDATE counters SET run_position = ?, lease_token = ?, feed_position = ?, time = ?";

export interface Counters {
  readonly runPosition: number;
  readonly leaseToken: number;
  readonly feedPosition: number;
  /** Time of the newest batch that wrote something. */
  readonly time: number;
}

export interface CounterTable {
  load(): Counters;
  store(counters: Counters): void;
}

export function openCounters(db: DatabaseSync): CounterTable {
  const select = new Statement<Counters>(db, SELECT);
  const update = new Statement(db, UPDATE);
  return {
    load: () => {
      const row = select.first();
      assertRule(row !== undefined, "the counters are one row");
      return row;
    },
    store: ({ runPosition, leaseToken, feedPosition, time }) =>
      update.run(runPosition, leaseToken, feedPosition, time),
  };
}

/** Numbers of one batch, counting on from those stored. */
export class BatchNumbers implements Numbers {
  #runPosition: number;
  #leaseToken: number;

  constructor(from: Counters) {
    this.#runPosition = from.runPosition;
    this.#leaseToken = from.leaseToken;
  }

  nextRunPosition(): number {
    this.#runPosition += 1;
    return this.#runPosition;
  }

  nextLeaseToken(): number {
    this.#leaseToken += 1;
    return this.#leaseToken;
  }

  /** What is to be stored with the batch. */
  counters(of: { readonly feedPosition: number; readonly time: number }): Counters {
    return { runPosition: this.#runPosition, leaseToken: this.#leaseToken, ...of };
  }
}
