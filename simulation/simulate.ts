/** Many histories, one after the other, and how to see a failed one again. */
import type { Defect } from "./defect.ts";
import { type History, runHistory } from "./run-history.ts";
import { SEEN, type Seen } from "./world.ts";

export interface SimulateOptions {
  /** Of the first history; each has the next one. */
  readonly seed: number;
  readonly histories: number;
  /** Makes the fault of each history, if it is to have one that it cannot survive. */
  readonly defect?: () => Defect;
  /** Told of each failed history, with the command that shows it. */
  readonly onFailure?: (text: string) => void;
  readonly onProgress?: (done: number) => void;
  /** Histories that fail before it gives up. */
  readonly maxFailures?: number;
}

export interface Simulated {
  readonly failed: number;
  readonly runs: number;
  readonly handlers: number;
  readonly lines: number;
  readonly actions: number;
  /** How often the checks had each of their cases before them. */
  readonly seen: ReadonlyMap<Seen, number>;
  /** Of the histories that failed. */
  readonly failures: readonly History[];
}

const PROGRESS_EVERY = 10_000;
const DEFAULT_FAILURES = 20;
const TOLD = 5;

export async function simulate(options: SimulateOptions): Promise<Simulated> {
  const { seed, histories, onFailure, onProgress, maxFailures = DEFAULT_FAILURES } = options;
  const failures: History[] = [];
  const seen = new Map<Seen, number>(SEEN.map((what) => [what, 0]));
  const sums = { runs: 0, handlers: 0, lines: 0, actions: 0 };
  for (let done = 0; done < histories && failures.length < maxFailures; done += 1) {
    const defect = options.defect?.();
    const history = await runHistory({
      seed: seed + done,
      ...(defect === undefined ? {} : { defect }),
    });
    for (const figure of ["runs", "handlers", "lines", "actions"] as const) {
      sums[figure] += history[figure];
    }
    for (const [what, times] of history.seen) seen.set(what, (seen.get(what) ?? 0) + times);
    if (history.broken.length > 0) {
      failures.push(history);
      onFailure?.(textOf(history));
    }
    if ((done + 1) % PROGRESS_EVERY === 0) onProgress?.(done + 1);
    // Rejections that nobody caught are told between two turns of the real event loop.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { ...sums, seen, failed: failures.length, failures };
}

export function textOf({ seed, broken }: History): string {
  const more = broken.length > TOLD ? [`and ${broken.length - TOLD} more`] : [];
  return [
    `history ${seed} breaks promises:`,
    ...[...broken.slice(0, TOLD), ...more].map((text) => `  ${text}`),
    `see it: npm run simulate -- --seed ${seed} --histories 1 --verbose`,
  ].join("\n");
}
