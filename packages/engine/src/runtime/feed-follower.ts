/** Follows the feed of changes from a position on: each change once, in order, without end. */
import type { Change } from "@conveyor-ci/core";
import type { Clock, Notifier, Reads } from "../ports/index.ts";

const PAGE = 500;
/** How long a lost notice can delay a reader. */
const POLL_MS = 2_000;

export interface FeedOptions {
  readonly ns: string;
  readonly after: number;
  readonly signal: AbortSignal;
  readonly storage: Pick<Reads, "changes">;
  readonly notifier: Notifier;
  readonly clock: Clock;
}

export async function* followFeed(options: FeedOptions): AsyncGenerator<Change, void, void> {
  const { ns, signal, storage } = options;
  let { after } = options;
  let isBehind = true;
  let wake = (): void => {};
  const stir = (): void => {
    isBehind = true;
    wake();
  };
  const unsubscribe = options.notifier.subscribe("feed", stir);
  signal.addEventListener("abort", stir);
  try {
    while (!signal.aborted) {
      isBehind = false;
      const changes = await storage.changes({ ns, after, limit: PAGE });
      for (const change of changes) {
        yield change;
        after = change.position;
      }
      if (changes.length > 0 || isBehind || signal.aborted) continue;
      let callOff = (): void => {};
      await new Promise<void>((resolve) => {
        wake = resolve;
        callOff = options.clock.after(POLL_MS, resolve);
      });
      callOff();
    }
  } finally {
    unsubscribe();
    signal.removeEventListener("abort", stir);
  }
}
