/** Resources and their versions. */

import type { Resource } from "@conveyor-ci/core";
import type { ResourceQuery } from "@conveyor-ci/engine/ports";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import {
  docOfResource,
  docOfVersion,
  type ResourceRow,
  resourceFromRow,
  type VersionRow,
  versionFromRow,
} from "./resource-row.ts";
import { Statement } from "./statement.ts";
import { rowTable, type Table } from "./table.ts";

/** Of `resource` under the name r. */
const COLUMNS = "r.kind, r.name, r.id, r.version, r.phase, r.pipeline, r.doc";

const RESOURCE = {
  select: `SELECT ${COLUMNS} FROM resource AS r WHERE r.ns = ? AND r.kind = ? AND r.name = ?`,
  insert: `
    INSERT INTO resource (ns, kind, name, id, version, phase, pipeline, doc)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  onConflict: `
    ON CONFLICT (ns, kind, name) DO UPDATE SET
      id = excluded.id, version = excluded.version, phase = excluded.phase,
      pipeline = excluded.pipeline, doc = excluded.doc`,
  remove: "DELETE FROM resource WHERE ns = ? AND kind = ? AND name = ?",
};

const VERSION = {
  select:
    "SELECT resource, version, doc FROM version WHERE ns = ? AND resource = ? AND version = ?",
  insert: "INSERT INTO version (ns, resource, version, doc) VALUES (?, ?, ?, ?)",
  // Written once: writing it again fails.
  onConflict: "",
  remove: "DELETE FROM version WHERE ns = ? AND resource = ? AND version = ?",
};

/** The newest version has all entries of a JSON object; `{}` asks for none. */
const HAS_LABELS = `
  (?1 = '{}' OR NOT EXISTS (
    SELECT 1 FROM json_each(?1) AS wanted WHERE NOT EXISTS (
      SELECT 1 FROM version AS v, json_each(v.doc, '$[1]') AS has
      WHERE v.ns = r.ns AND v.resource = r.id AND v.version = r.version
        AND has.key = wanted.key AND has.value = wanted.value)))`;

const RESOURCES_OF_KIND = `
  SELECT ${COLUMNS} FROM resource AS r
  WHERE r.ns = ?2 AND r.kind = ?3 AND r.name > ?4 AND r.phase <> 'deleted' AND ${HAS_LABELS}
  ORDER BY r.name LIMIT ?5`;

const RESOURCES = `
  SELECT ${COLUMNS} FROM resource AS r
  WHERE r.ns = ?2 AND (r.kind, r.name) > (?3, ?4) AND r.phase <> 'deleted' AND ${HAS_LABELS}
  ORDER BY r.kind, r.name LIMIT ?5`;

const ONE_OF_KIND = `
  SELECT ${COLUMNS} FROM resource AS r
  WHERE r.ns = ? AND r.kind = ? AND r.phase <> 'deleted' LIMIT 1`;

const ONE_OF_PIPELINE = `
  SELECT ${COLUMNS} FROM resource AS r INDEXED BY resource_by_pipeline
  WHERE r.ns = ? AND r.pipeline = ? AND r.phase <> 'deleted' LIMIT 1`;

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
  const all = new Statement<ResourceRow>(db, RESOURCES);
  const listOfKind = new Statement<ResourceRow>(db, RESOURCES_OF_KIND);
  const oneOfKind = new Statement<ResourceRow>(db, ONE_OF_KIND);
  const oneOfPipeline = new Statement<ResourceRow>(db, ONE_OF_PIPELINE);
  return {
    table: rowTable<"resource", ResourceRow>(db, RESOURCE, {
      values: (resource) => {
        const { id, version, phase, pipeline } = resource;
        return [id, version, phase, pipeline, docOfResource(resource)];
      },
      fromRow: resourceFromRow,
    }),
    versions: rowTable<"version", VersionRow>(db, VERSION, {
      values: (version) => [docOfVersion(version)],
      fromRow: versionFromRow,
    }),
    list: ({ ns, kind, labels, after, limit }) => {
      const wanted = JSON.stringify(labels);
      if (kind === null) {
        const from = [after?.kind ?? "", after?.name ?? ""];
        return all.all(wanted, ns, ...from, limit).map(resourceFromRow);
      }
      if (after !== null && after.kind !== kind) {
        if (after.kind > kind) return [];
        return listOfKind.all(wanted, ns, kind, "", limit).map(resourceFromRow);
      }
      return listOfKind.all(wanted, ns, kind, after?.name ?? "", limit).map(resourceFromRow);
    },
    ofKind: (ns, kind) => oneOfKind.all(ns, kind).map(resourceFromRow),
    ofPipeline: (ns, pipeline) => oneOfPipeline.all(ns, pipeline).map(resourceFromRow),
  };
}
