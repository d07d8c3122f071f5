/** `/changes` */
import type { WireChange } from "@conveyor-ci/contract";
import { type List, type ListOptions, listAt } from "./answers.ts";
import { type FollowOptions, followEvents } from "./events.ts";
import type { Transport } from "./transport.ts";

const PATH = "/changes";

export interface ChangeListOptions extends ListOptions {
  /** Changes with a greater position. */
  readonly after?: number | undefined;
}

export interface ChangeFollowOptions extends FollowOptions {
  /** Begins after this position, else with the first change there is. */
  readonly after?: number | undefined;
}

/** The feed of everything that changed, in the order of commits. */
export interface Changes {
  list(options?: ChangeListOptions): List<WireChange>;
  /** Every change, each once and in order, until the signal aborts or the loop is left. */
  follow(options?: ChangeFollowOptions): AsyncGenerator<WireChange, void, undefined>;
}

export function createChanges(transport: Transport): Changes {
  return {
    list: ({ after, ...options } = {}) =>
      listAt(transport, { path: PATH, query: { after }, options }),
    async *follow({ after, ...options } = {}) {
      let seen = after ?? 0;
      const lastId = after === undefined ? undefined : String(after);
      const source = { path: PATH, query: { after }, lastId };
      for await (const event of followEvents(transport, source, options)) {
        const change = JSON.parse(event.data) as WireChange;
        if (change.position <= seen) continue;
        seen = change.position;
        yield change;
      }
    },
  };
}
