/** Waiting for a state, with a bound: the only way in which a story waits. */
import { setTimeout as pause } from "node:timers/promises";

export interface Bound {
  /** How long the condition may take. */
  readonly withinMs: number;
  /** What is waited for, for the message when it does not come. */
  readonly what?: string;
}

const LOOK_EVERY_MS = 15;
const DEFAULT_BOUND: Bound = { withinMs: 10_000 };

/**
 * Looks until `condition` answers something other than `false`, `null` or `undefined`, and answers
 * that. An error counts as "not yet"; the last one is the cause when the time is over.
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  { withinMs, what }: Bound = DEFAULT_BOUND,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) {
        return value as NonNullable<Exclude<T, false>>;
      }
      last = `the condition answered ${String(value)}`;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const reason = last instanceof Error ? last.message : String(last);
      const subject = what ?? condition.toString().slice(0, 300);
      throw new Error(`not within ${withinMs} ms: ${subject}\n${reason}`, { cause: last });
    }
    await pause(LOOK_EVERY_MS);
  }
}
