/** Resources and their versions. */

import type { Resource } from "@conveyor-ci/core";
import type { ResourceQuery } from "@conveyor-ci/engine/ports";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import { Statement } from "./statement.ts";
import { type DocumentRow, documents, documentTable, type Table } from "./table.ts";

const RESOURCE = {
  select: "SELECT doc FROM resource WHERE ns = ? AND kind = ? AND name = ?",
  insert: `
    INSERT INTO resource (ns, kind, name, id, version, phase, pipeline, doc)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  onConflict: `
    ON CONFLICT (ns, kind, name) DO UPDATE SET
      id = excluded.id, version = excluded.version, phase = excluded.phase,
      pipeline = excluded.pipeline, doc = excluded.doc`,
  remove: "DELETE FROM resource WHERE ns = ? AND kind = ? AND name = ?",
  columns: ({ id, version, phase, pipeline }: Resource) => [id, version, phase, pipeline],
};

const VERSION = {
  select: "SELECT doc FROM version WHERE ns = ? AND resource = ? AND version = ?",
  insert: "INSERT INTO version (ns, resource, version, doc) VALUES (?, ?, ?, ?)",
  // Written once: writing it again fails.
  onConflict: "",
  remove: "DELETE FROM version WHERE ns = ? AND resource = ? AND version = ?",
  columns: () => [],
};

/** The newest version has all entries of a JSON object; `{}` asks for none. */
const HAS_LABELS = `
  (?1 = '{}' OR NOT EXISTS (
    SELECT 1 FROM json_each(?1) AS wanted WHERE NOT EXISTS (
      SELECT 1 FROM version AS v, json_each(v.doc, '$.metadata') AS has
      WHERE v.ns = r.ns AND v.resource = r.id AND v.version = r.version
        AND has.key = wanted.key AND has.value = wanted.value)))`;

const RESOURCES_OF_KIND = `
  SELECT r.doc FROM resource AS r
  WHERE r.ns = ?2 AND r.kind = ?3 AND r.name > ?4 AND r.phase <> 'deleted' AND ${HAS_LABELS}
  ORDER BY r.name LIMIT ?5`;

const RESOURCES = `
  SELECT r.doc FROM resource AS r
  WHERE r.ns = ?2 AND (r.kind, r.name) > (?3, ?4) AND r.phase <> 'deleted' AND ${HAS_LABELS}
  ORDER BY r.kind, r.name LIMIT ?5`;

const ONE_OF_KIND = `
  SELECT doc FROM resource WHERE ns = ? AND kind = ? AND phase <> 'deleted' LIMIT 1`;

const ONE_OF_PIPELINE = `
  SELECT doc FROM resource INDEXED BY resource_by_pipeline
  WHERE ns = ? AND pipeline = ? AND phase <> 'deleted' LIMIT 1`;

export interface Resources {
  readonly table: Table<"resource">;
  readonly versions: Table<"version">;
  list(query: ResourceQuery): readonly Resource[];
  /** At most one resource of a kind. */
  ofKind(ns: string, kind: string): readonly Resource[];
  /** At most one resource of a pipeline. */
  ofPipeline(ns: string, pipeline: string): readonly Resource[];
}

export function openResources(db: DatabaseSync): Resources {
  const all = new Statement<DocumentRow>(db, RESOURCES);
  const listOfKind = new Statement<DocumentRow>(db, RESOURCES_OF_KIND);
  const oneOfKind = new Statement<DocumentRow>(db, ONE_OF_KIND);
  const oneOfPipeline = new Statement<DocumentRow>(db, ONE_OF_PIPELINE);
  return {
    table: documentTable<"resource">(db, RESOURCE),
    versions: documentTable<"version">(db, VERSION),
    list: ({ ns, kind, labels, after, limit }) => {
      const wanted = JSON.stringify(labels);
      if (kind === null) {
        const from = [after?.kind ?? "", after?.name ?? ""];
        return documents<"resource">(all.all(wanted, ns, ...from, limit));
      }
      if (after !== null && after.kind !== kind) {
        if (after.kind > kind) return [];
        return documents<"resource">(listOfKind.all(wanted, ns, kind, "", limit));
      }
      return documents<"resource">(listOfKind.all(wanted, ns, kind, after?.name ?? "", limit));
    },
    ofKind: (ns, kind) => documents<"resource">(oneOfKind.all(ns, kind)),
    ofPipeline: (ns, pipeline) => documents<"resource">(oneOfPipeline.all(ns, pipeline)),
  };
}
