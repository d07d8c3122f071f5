/** The searches of core: which keys they find, with the records. */
import {
  type Key,
  type Keys,
  keysOf,
  type SearchRequest,
  type TableName,
  type Tables,
} from "@conveyor-ci/core";
import type { Nouns } from "./records.ts";

export interface Found {
  readonly key: Key;
  readonly record: Tables[TableName];
}

function found<R extends Tables[TableName]>(
  records: readonly R[],
  keyOf: (record: R) => Key,
): readonly Found[] {
  return records.map((record) => ({ key: keyOf(record), record }));
}

/** Carries out a search, at the time of the decision. */
export function search(nouns: Nouns, request: SearchRequest, now: number): readonly Found[] {
  const { ns, search: wanted } = request;
  const keys = keysOf(ns);
  const { queue, runs, sessions } = nouns;
  switch (wanted.kind) {
    case "queue":
      return found(queue.ofTopic(ns, wanted), keys.queue);
    case "queueOfDriver":
      return found(queue.ofDriver(ns, wanted), keys.queue);
    case "orphans":
      return found(queue.orphansOf(ns, wanted), keys.orphan);
    case "timersDue":
      return found(queue.timersDue({ ns, now, limit: wanted.limit }), keys.timer);
    case "sessionsDue":
      return found(sessions.due({ ns, now, limit: wanted.limit }), ({ id }) => keys.session(id));
    case "sessions":
      return found(sessions.list({ ns, driver: wanted.driver }), ({ id }) => keys.session(id));
    case "openRuns": {
      const { resource: kind, name } = wanted;
      return found(runs.openOf({ ns, kind, name }), ({ id }) => keys.run(id));
    }
    case "usesOfDefinition":
      return usesOfDefinition(nouns, { ns, keys, name: wanted.name });
    case "usesOfPipeline":
      return usesOfPipeline(nouns, { ns, keys, name: wanted.name });
  }
}

interface Used {
  readonly ns: string;
  readonly keys: Keys;
  readonly name: string;
}

function usesOfDefinition(nouns: Nouns, { ns, keys, name }: Used): readonly Found[] {
  const resources = found(nouns.resources.ofKind(ns, name), keys.resource);
  if (resources.length > 0) return resources;
  return found(nouns.pipelines.ofKind(ns, name), (pipeline) => keys.pipeline(pipeline.name));
}

function usesOfPipeline(nouns: Nouns, { ns, keys, name }: Used): readonly Found[] {
  const resources = found(nouns.resources.ofPipeline(ns, name), keys.resource);
  if (resources.length > 0) return resources;
  return found(nouns.runs.openOfPipeline(ns, name), ({ id }) => keys.run(id));
}
