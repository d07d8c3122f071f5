/** How much is queued for whom, at a cost that does not follow how much it is. */
import { keysOf, type QueueEntry, stepOf, type Topic } from "@conveyor-ci/core";
import type { QueueDepth, QueueQuery } from "@conveyor-ci/engine/ports";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import type { Queue } from "./queue.ts";
import type { Records } from "./records.ts";
import { Statement } from "./statement.ts";

/** Entries whose age is looked at, of all topics together; of each topic at least its first. */
const MAX_LOOKED_AT = 256;

/** The topic behind one; each step is one look into the index. */
const NEXT_TOPIC = `
  SELECT driver, kind, event FROM queue
  WHERE ns = ? AND (driver, kind, event) > (?, ?, ?) ORDER BY driver, kind, event LIMIT 1`;

const DEPTH = `
  SELECT count(*) AS depth FROM (
    SELECT 1 FROM queue WHERE ns = ? AND driver = ? AND kind = ? AND event = ? LIMIT ?)`;

export interface QueueDepths {
  list(query: QueueQuery): readonly QueueDepth[];
}

export function openQueueDepths(
  db: DatabaseSync,
  of: { readonly queue: Queue; readonly records: Records },
): QueueDepths {
  const nextTopic = new Statement<Topic>(db, NEXT_TOPIC);
  const depth = new Statement<{ readonly depth: number }>(db, DEPTH);
  const topicsOf = ({ ns, driver, limit }: QueueQuery): readonly Topic[] => {
    const topics: Topic[] = [];
    let last = { driver: driver ?? "", kind: "", event: "" };
    while (topics.length < limit) {
      const topic = nextTopic.first(ns, last.driver, last.kind, last.event);
      if (topic === undefined || (driver !== null && topic.driver !== driver)) break;
      topics.push(topic);
      last = topic;
    }
    return topics;
  };
  const queuedAt = (ns: string, { run, step }: QueueEntry): number => {
    const stored = of.records.get(keysOf(ns).run(run));
    const queued = stored === undefined ? undefined : stepOf(stored, step);
    return queued?.state === "queued" ? queued.since : Number.POSITIVE_INFINITY;
  };
  return {
    list: (query) => {
      const { ns, upTo } = query;
      const topics = topicsOf(query);
      const lookedAt = Math.max(1, Math.floor(MAX_LOOKED_AT / topics.length));
      return topics.map(({ driver, kind, event }) => {
        const counted = depth.first(ns, driver, kind, event, upTo);
        const search = { kind: "queue", driver, resource: kind, event, limit: lookedAt } as const;
        const first = of.queue.ofTopic(ns, search);
        const since = Math.min(...first.map((entry) => queuedAt(ns, entry)));
        return { driver, kind, event, depth: counted?.depth ?? 0, since };
      });
    },
  };
}
