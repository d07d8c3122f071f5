/** Figures for metrics: what was counted along the way, and what waits now, at a bounded cost. */
import type { EngineFigures, QueueFigures } from "../engine.ts";
import type { QueueDepth } from "../ports/index.ts";
import type { Committer } from "../runtime/committer.ts";
import type { Counters } from "../runtime/counters.ts";
import type { EngineContext } from "./context.ts";

/** Topics of which figures are told. */
const MAX_TOPICS = 1_000;
/** Queued step runs that are counted, of all topics together. */
const MAX_QUEUED = 50_000;
/** Unfinished runs of one state that are counted. */
const MAX_UNFINISHED = 50_000;

export async function readFigures(
  { ns, storage }: EngineContext,
  of: { readonly counters: Counters; readonly committer: Committer },
): Promise<EngineFigures> {
  const topics = await storage.queueDepths({ ns, driver: null, limit: MAX_TOPICS, upTo: 1 });
  const upTo = Math.floor(MAX_QUEUED / Math.max(1, topics.length));
  const depths = await storage.queueDepths({ ns, driver: null, limit: MAX_TOPICS, upTo });
  return {
    unfinishedRuns: await storage.unfinishedRuns({ ns, upTo: MAX_UNFINISHED }),
    queues: queuesOf(depths, storage.now()),
    committed: of.counters.figures(),
    commits: of.committer.commits,
  };
}

function queuesOf(depths: readonly QueueDepth[], now: number): readonly QueueFigures[] {
  const byDriver = new Map<string, QueueFigures>();
  for (const { driver, depth, since } of depths) {
    const known = byDriver.get(driver) ?? { driver, depth: 0, oldestMs: 0 };
    const oldestMs = Math.max(known.oldestMs, now - since);
    byDriver.set(driver, { driver, depth: known.depth + depth, oldestMs });
  }
  return [...byDriver.values()];
}
