/** Log lines as they are stored, and as readers got them (promise P6). */
import type { Evidence, Handler, StoredLine } from "../evidence.ts";
import { groupBy } from "../evidence.ts";

/** P6: `seq` grows by one within a run. */
export function* sequence({ lines }: Evidence): Generator<string> {
  for (const [run, stored] of lines) {
    for (const [index, { seq }] of stored.entries()) {
      if (seq === index + 1) continue;
      yield `run ${run}: line ${index + 1} has seq ${seq}`;
      break;
    }
  }
}

interface Place {
  readonly fence: number;
  readonly index: number;
}

function placeOf({ message }: StoredLine): Place | null {
  const [, fence, index] = /^(\d+):(\d+)$/.exec(message) ?? [];
  return fence === undefined ? null : { fence: Number(fence), index: Number(index) };
}

function keyOf(of: {
  readonly run: string;
  readonly step: string;
  readonly fence: number;
}): string {
  return `${of.run}/${of.step}/${of.fence}`;
}

/** P6: of each attempt the lines from the first on, each once, in order. */
export function* attemptLines({ lines, handlers }: Evidence): Generator<string> {
  const stored = new Map<string, number>();
  for (const [run, all] of lines) {
    for (const line of all) {
      const place = placeOf(line);
      if (place === null) continue;
      const key = keyOf({ run, step: line.step, fence: place.fence });
      const expected = stored.get(key) ?? 0;
      if (place.index !== expected) {
        yield `run ${run}, step ${line.step}: line ${place.index} of lease ${place.fence} stands where line ${expected} should`;
      }
      stored.set(key, place.index + 1);
    }
  }
  yield* acknowledged(handlers, stored);
}

/** P6: what was acknowledged is there; P2: a result is durable only after all lines before it. */
function* acknowledged(
  handlers: readonly Handler[],
  stored: ReadonlyMap<string, number>,
): Generator<string> {
  for (const handler of handlers) {
    const count = stored.get(keyOf(handler)) ?? 0;
    if (count < handler.flushed) {
      yield `run ${handler.run}, step ${handler.step}: ${handler.flushed} lines of lease ${handler.fence} were acknowledged, ${count} are there`;
    }
  }
}

/** P2, P6: the lines of the attempt whose result counts are all there. */
export function* linesOfResults(evidence: Evidence): Generator<string> {
  for (const run of evidence.runs.values()) {
    const stored = evidence.lines.get(run.id) ?? [];
    const byLease = groupBy(stored, (line) => `${line.step}/${placeOf(line)?.fence ?? ""}`);
    for (const { id, result } of run.steps) {
      const said = result === null ? null : parseResult(result.message);
      if (said === null) continue;
      const count = byLease.get(`${id}/${said.fence}`)?.length ?? 0;
      if (count === said.lines) continue;
      yield `run ${run.id}, step ${id}: the result counts ${said.lines} lines, ${count} are there`;
    }
  }
}

/** What a handler of the chaos driver says in its result's message. */
export interface SaidResult {
  readonly fence: number;
  readonly lines: number;
}

export function parseResult(message: string): SaidResult | null {
  const [, fence, lines] = /^fence (\d+), (\d+) lines$/.exec(message) ?? [];
  return fence === undefined ? null : { fence: Number(fence), lines: Number(lines) };
}

/** P6: a reader got every line after its cursor, each once and in order, and was told of the end. */
export function* readers({ follows, lines }: Evidence): Generator<string> {
  for (const { run, by, after, lines: received, hasEnded } of follows) {
    const expected = (lines.get(run) ?? []).filter(({ seq }) => seq > after);
    const who = `a reader of run ${run} by ${by}`;
    if (!hasEnded) yield `${who} was not told of the end`;
    const differs = expected.findIndex(
      ({ seq, message }, index) =>
        received[index]?.seq !== seq || received[index]?.message !== message,
    );
    if (differs >= 0) {
      yield `${who} got line ${received[differs]?.seq ?? "none"} where line ${expected[differs]?.seq ?? ""} was due`;
    } else if (received.length > expected.length) {
      yield `${who} got ${received.length} lines of ${expected.length}`;
    }
  }
}
