/** What a soak counts from its first request to its last, and what went wrong in it. */

/** Kept in full; of more there is only the number. */
const MAX_VIOLATIONS = 50;

export type Counted =
  | "requests"
  | "changes"
  | "runs begun"
  | "runs ended as they should"
  | "runs judged by their log"
  | "lines acknowledged"
  | "lines read"
  | "lines from outside acknowledged"
  | "followers told of the end"
  | "followers gone before it"
  | "entries of the feed"
  | "connections cut"
  | "instances ended"
  | "acts left out"
  | "old logs read again";

export interface Tally {
  readonly counts: ReadonlyMap<Counted, number>;
  /** Answers of 4xx and 5xx by operation, status and code. */
  readonly refusals: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
  readonly violationCount: number;
  count(what: Counted, by?: number): void;
  refused(what: string): void;
  violated(text: string): void;
}

export function createTally(): Tally {
  const counts = new Map<Counted, number>();
  const refusals = new Map<string, number>();
  const violations: string[] = [];
  let violationCount = 0;
  return {
    counts,
    refusals,
    violations,
    get violationCount() {
      return violationCount;
    },
    count: (what, by = 1) => void counts.set(what, (counts.get(what) ?? 0) + by),
    refused: (what) => void refusals.set(what, (refusals.get(what) ?? 0) + 1),
    violated(text) {
      violationCount += 1;
      if (violations.length < MAX_VIOLATIONS) violations.push(text);
    },
  };
}
