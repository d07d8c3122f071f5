/** Definitions and pipelines with their revisions. */

import type { Definition, Pipeline } from "@conveyor-ci/core";
import type { NamePage } from "@conveyor-ci/engine/ports";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import { Statement } from "./statement.ts";
import { type DocumentRow, documents, documentTable, type Table } from "./table.ts";

const DEFINITION = {
  select: "SELECT doc FROM definition WHERE ns = ? AND name = ?",
  insert: "INSERT INTO definition (ns, name, doc) VALUES (?, ?, ?)",
  onConflict: "ON CONFLICT (ns, name) DO UPDATE SET doc = excluded.doc",
  remove: "DELETE FROM definition WHERE ns = ? AND name = ?",
  columns: () => [],
};

const DEFINITIONS = "SELECT doc FROM definition WHERE ns = ? AND name > ? ORDER BY name LIMIT ?";

const PIPELINE = {
  select: "SELECT doc FROM pipeline WHERE ns = ? AND name = ?",
  insert: "INSERT INTO pipeline (ns, name, resource, doc) VALUES (?, ?, ?, ?)",
  onConflict:
    "ON CONFLICT (ns, name) DO UPDATE SET resource = excluded.resource, doc = excluded.doc",
  remove: "DELETE FROM pipeline WHERE ns = ? AND name = ?",
  columns: (pipeline: Pipeline) => [pipeline.resource],
};

const PIPELINES = "SELECT doc FROM pipeline WHERE ns = ? AND name > ? ORDER BY name LIMIT ?";

const PIPELINE_OF_KIND = `
  SELECT doc FROM pipeline INDEXED BY pipeline_by_resource WHERE ns = ? AND resource = ? LIMIT 1`;

const REVISION = {
  select: "SELECT doc FROM revision WHERE ns = ? AND id = ? AND revision = ?",
  insert: "INSERT INTO revision (ns, id, revision, doc) VALUES (?, ?, ?, ?)",
  // Written once: writing it again fails.
  onConflict: "",
  remove: "DELETE FROM revision WHERE ns = ? AND id = ? AND revision = ?",
  columns: () => [],
};

export interface Definitions {
  readonly table: Table<"definition">;
  list(page: NamePage): readonly Definition[];
}

export function openDefinitions(db: DatabaseSync): Definitions {
  const list = new Statement<DocumentRow>(db, DEFINITIONS);
  return {
    table: documentTable<"definition">(db, DEFINITION),
    list: ({ ns, after, limit }) => documents<"definition">(list.all(ns, after ?? "", limit)),
  };
}

export interface Pipelines {
  readonly table: Table<"pipeline">;
  readonly revisions: Table<"revision">;
  list(page: NamePage): readonly Pipeline[];
  /** At most one pipeline of a kind. */
  ofKind(ns: string, kind: string): readonly Pipeline[];
}

export function openPipelines(db: DatabaseSync): Pipelines {
  const list = new Statement<DocumentRow>(db, PIPELINES);
  const ofKind = new Statement<DocumentRow>(db, PIPELINE_OF_KIND);
  return {
    table: documentTable<"pipeline">(db, PIPELINE),
    revisions: documentTable<"revision">(db, REVISION),
    list: ({ ns, after, limit }) => documents<"pipeline">(list.all(ns, after ?? "", limit)),
    ofKind: (ns, kind) => documents<"pipeline">(ofKind.all(ns, kind)),
  };
}
