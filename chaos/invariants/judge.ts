/** All invariants, by name. */
import type { Evidence, Violation } from "../evidence.ts";
import {
  answeredChanges,
  feedOrder,
  readsGoOn,
  refusedChanges,
  steadyTimes,
  wholeChanges,
} from "./changes.ts";
import {
  attemptsApart,
  deliveries,
  ends,
  lastHolder,
  oneHolder,
  resourceOrder,
  slots,
  tellsLosses,
} from "./leases.ts";
import { attemptLines, linesOfResults, readers, sequence } from "./lines.ts";

export interface Invariant {
  /** A sentence that holds, with the promise it comes from. */
  readonly name: string;
  /** Says what speaks against it. */
  readonly check: (evidence: Evidence) => Iterable<string>;
}

export const INVARIANTS: readonly Invariant[] = [
  { name: "P1 an answered change has its version, run and event", check: answeredChanges },
  { name: "P1 of every change all is there or none", check: wholeChanges },
  { name: "P1 the feed is in order and tells each end once", check: feedOrder },
  { name: "P2 every run has ended, for a reason that there was", check: ends },
  { name: "P2 a step run is started once for each delivery", check: deliveries },
  { name: "P2 all lines of a result are there", check: linesOfResults },
  { name: "P2 time never goes back and never jumps", check: steadyTimes },
  { name: "P3 attempts of a step run do not overlap", check: attemptsApart },
  { name: "P3 no two handlers hold one step run", check: oneHolder },
  { name: "P3 the result is the last holder's", check: lastHolder },
  { name: "P3 concurrency bounds handlers", check: slots },
  { name: "P3 a holder that was replaced is told so", check: tellsLosses },
  { name: "P4 runs of a resource go in order", check: resourceOrder },
  { name: "P6 seq grows by one within a run", check: sequence },
  { name: "P6 acknowledged lines are there, once and in order", check: attemptLines },
  { name: "P6 readers got every line once and the end", check: readers },
  { name: "P9 of a change that was refused nothing is there", check: refusedChanges },
  { name: "P9 a full disk keeps nobody from reading", check: readsGoOn },
];

/** Violations told of one invariant at most; the count goes on. */
const MAX_TOLD = 10;

export interface Verdict {
  readonly name: string;
  readonly count: number;
  readonly violations: readonly Violation[];
}

export function judge(evidence: Evidence): readonly Verdict[] {
  return INVARIANTS.map(({ name, check }) => {
    const texts = [...check(evidence)];
    const violations = texts.slice(0, MAX_TOLD).map((text) => ({ invariant: name, text }));
    return { name, count: texts.length, violations };
  });
}
