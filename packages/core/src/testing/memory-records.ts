/**
 * Drives `runBatch` over plain maps, for the tests of this package: every search in the simplest
 * words. Records are frozen, so that a decision that changes one in place fails.
 */
import { type BatchOutput, runBatch } from "../batch.ts";
import type { Command } from "../commands.ts";
import { isRunEnded } from "../nouns/run.ts";
import type { Rules } from "../rules.ts";
import type { Load, Search, SearchRequest } from "../store/load.ts";
import type { Key, TableName, Tables } from "../store/records.ts";
import { View } from "../store/view.ts";

interface Stored {
  readonly key: Key;
  readonly value: Tables[TableName];
}

/** Which of the loads that a batch asks for are carried out at once; it asks again for the rest. */
export type Loading = "planned" | "one by one";

function frozen<V>(value: V): V {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) frozen(member);
  }
  return value;
}

export class MemoryRecords {
  now = 1_000_000;
  /** What the last batch asked for, round by round. */
  rounds: readonly (readonly Load[])[] = [];
  readonly #rules: Rules;
  readonly #loading: Loading;
  readonly #records = new Map<string, Stored>();
  #position = 0;
  #token = 0;

  constructor(rules: Rules, loading: Loading) {
    this.#rules = rules;
    this.#loading = loading;
  }

  batch(commands: readonly Command[]): BatchOutput {
    const view = new View();
    const numbers = {
      nextRunPosition: () => (this.#position += 1),
      nextLeaseToken: () => (this.#token += 1),
    };
    const input = { commands: frozen(commands), now: this.now, view, rules: this.#rules, numbers };
    const batch = runBatch(input);
    let turn = batch.next();
    const rounds: (readonly Load[])[] = [];
    while (turn.done !== true) {
      rounds.push(turn.value);
      const loads = this.#loading === "planned" ? turn.value : turn.value.slice(-1);
      for (const load of loads) this.#load(view, load);
      turn = batch.next();
    }
    this.rounds = rounds;
    for (const { key, after, stored } of turn.value.writes) {
      if (!stored && this.#records.has(key.text)) throw new Error(`${key.text} is there already`);
      if (after === undefined) this.#records.delete(key.text);
      else this.#records.set(key.text, { key, value: frozen(after) });
    }
    return turn.value;
  }

  get<T extends TableName>(key: Key<T>): Tables[T] | undefined {
    return this.#records.get(key.text)?.value as Tables[T] | undefined;
  }

  /** Loses a record, which no decision does. */
  lose(key: Key): void {
    this.#records.delete(key.text);
  }

  all<T extends TableName>(table: T): readonly Tables[T][] {
    return this.#of(table).map(({ value }) => value);
  }

  /** Everything that is stored, in an order that does not depend on when it was written. */
  snapshot(): readonly (readonly [string, Tables[TableName]])[] {
    const entries = [...this.#records].map(([text, { value }]) => [text, value] as const);
    return entries.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #of<T extends TableName>(table: T): readonly { key: Key; value: Tables[T] }[] {
    const all = [...this.#records.values()].filter(({ key }) => key.table === table);
    return all as unknown as readonly { key: Key; value: Tables[T] }[];
  }

  #load(view: View, load: Load): void {
    if (load.kind === "record") {
      view.loaded(load.key, this.get(load.key));
      return;
    }
    const keys = this.#search(load.request);
    for (const key of keys) view.loaded(key, this.get(key));
    view.found(load.request, keys);
  }

  #search({ ns, search }: SearchRequest): readonly Key[] {
    const keys = this.#found(search).filter((key) => key.ns === ns);
    if (search.kind === "usesOfDefinition" || search.kind === "usesOfPipeline") {
      return keys.slice(0, 1);
    }
    return "limit" in search ? keys.slice(0, search.limit) : keys;
  }

  #where<T extends TableName>(
    table: T,
    by: {
      readonly is: (value: Tables[T]) => boolean;
      readonly order?: (value: Tables[T]) => number;
    },
  ): readonly Key[] {
    const { is, order = () => 0 } = by;
    const found = this.#of(table).filter(({ value }) => is(value));
    return [...found].sort((a, b) => order(a.value) - order(b.value)).map(({ key }) => key);
  }

  #found(search: Search): readonly Key[] {
    const order = (record: { readonly position: number }): number => record.position;
    switch (search.kind) {
      case "queue": {
        const { driver, resource, event } = search;
        const is = (e: Tables["queue"]): boolean =>
          e.driver === driver && e.kind === resource && e.event === event;
        return this.#where("queue", { is, order });
      }
      case "queueOfDriver":
        return this.#where("queue", { is: ({ driver }) => driver === search.driver, order });
      case "orphans": {
        const is = (orphan: Tables["orphan"]): boolean =>
          orphan.kind === search.resource && orphan.event === search.event;
        return this.#where("orphan", { is, order });
      }
      case "timersDue":
        return this.#where("timer", { is: ({ at }) => at <= this.now, order: ({ at }) => at });
      case "sessionsDue": {
        const due = ({ expiresAt }: Tables["session"]): number => expiresAt;
        return this.#where("session", { is: (session) => due(session) <= this.now, order: due });
      }
      case "sessions": {
        const { driver } = search;
        return this.#where("session", { is: (one) => driver === null || one.driver === driver });
      }
      case "openRuns": {
        const is = ({ state, resource }: Tables["run"]): boolean =>
          !isRunEnded(state) && resource.kind === search.resource && resource.name === search.name;
        return this.#where("run", { is, order });
      }
      case "usesOfDefinition":
        return [
          ...this.#where("resource", {
            is: ({ kind, phase }) => phase !== "deleted" && kind === search.name,
          }),
          ...this.#where("pipeline", { is: ({ resource }) => resource === search.name }),
        ];
      case "usesOfPipeline":
        return [
          ...this.#where("resource", {
            is: ({ pipeline, phase }) => phase !== "deleted" && pipeline === search.name,
          }),
          ...this.#where("run", {
            is: ({ state, pipeline }) => !isRunEnded(state) && pipeline?.name === search.name,
          }),
        ];
    }
  }
}
