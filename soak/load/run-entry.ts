/** What is known of one run, and whether its end and its log are what they have to be. */
import type { WireLogLine } from "@conveyor-ci/contract";

export type Ending = "succeeded" | "failed" | "cancelled";

export interface RunEntry {
  readonly run: string;
  /** How it ends if nobody interferes. */
  ownEnding: Ending;
  /** Its cancellation was accepted: it ends as cancelled. */
  isCancelled: boolean;
  /** Its resource was deleted after it was made: it may be cancelled. */
  isSuperseded: boolean;
  end: { readonly state: string; readonly at: number } | null;
  /** Lines that were acknowledged to a handler, by its fence. */
  readonly acknowledged: Map<number, number>;
  /** Messages that were acknowledged to others. */
  readonly notes: string[];
  /** Lines that followers had got when they were told of the end. */
  readonly followed: number[];
}

export function createRunEntry(run: string, ownEnding: Ending): RunEntry {
  return {
    run,
    ownEnding,
    isCancelled: false,
    isSuperseded: false,
    end: null,
    acknowledged: new Map(),
    notes: [],
    followed: [],
  };
}

/** Null when the run ended as it should. */
export function judgeEnd(entry: RunEntry): string | null {
  const { run, ownEnding, isCancelled, isSuperseded, end } = entry;
  if (end === null) return `run ${run} has not ended`;
  const allowed = isCancelled
    ? ["cancelled"]
    : isSuperseded
      ? [ownEnding, "cancelled"]
      : [ownEnding];
  if (allowed.includes(end.state)) return null;
  return `run ${run} ended as ${end.state}, not as ${allowed.join(" or ")}`;
}

/** What is wrong with a log: lines that are missing, double or out of order. */
export function judgeLog(
  entry: Pick<RunEntry, "run" | "acknowledged" | "notes" | "followed">,
  lines: readonly Pick<WireLogLine, "seq" | "message">[],
): readonly string[] {
  const found: string[] = [];
  const counted = new Map<number, number>();
  const messages = new Set<string>();
  for (const [index, { seq, message }] of lines.entries()) {
    if (seq !== index + 1) found.push(`line ${seq} stands in place ${index + 1}`);
    const [, fence, number] = /^(\d+):(\d+) /.exec(message) ?? [];
    if (fence === undefined) {
      messages.add(message);
      continue;
    }
    const expected = counted.get(Number(fence)) ?? 0;
    if (Number(number) !== expected) found.push(`line ${message} came after ${expected} lines`);
    counted.set(Number(fence), expected + 1);
  }
  for (const [fence, count] of entry.acknowledged) {
    const stored = counted.get(fence) ?? 0;
    if (stored < count) found.push(`${stored} of ${count} acknowledged lines of fence ${fence}`);
  }
  for (const note of entry.notes) if (!messages.has(note)) found.push(`"${note}" is missing`);
  for (const count of entry.followed) {
    if (count !== lines.length) found.push(`a follower got ${count} of ${lines.length} lines`);
  }
  return found.map((text) => `run ${entry.run}: ${text}`);
}
