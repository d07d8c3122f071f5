/**
 * The schema, as the list of steps that made it. Append-only: a step that was released never changes.
 *
 * M1 `user_version` is the number of steps a database has taken; they are taken under an exclusive
 *    lock, each database takes all of them or none.
 * M2 A database that has taken more steps than are known here is not touched.
 *
 * Columns hold what is searched for; the record itself is JSON in `doc`.
 */

import { ConveyorError } from "@conveyor-ci/core";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import { START } from "./migrations/001-start.ts";
import { OPEN_RUNS_OF_PIPELINES } from "./migrations/002-open-runs-of-pipelines.ts";

const MIGRATIONS: readonly string[] = [START, OPEN_RUNS_OF_PIPELINES];

/** Brings a database to the newest schema. */
export function migrate(db: DatabaseSync, file: string): void {
  if (versionOf(db, file) === MIGRATIONS.length) return;
  db.exec("BEGIN EXCLUSIVE");
  try {
    for (const sql of MIGRATIONS.slice(versionOf(db, file))) db.exec(sql);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** Steps the database has taken; throws `database_newer` for more than are known. */
function versionOf(db: DatabaseSync, file: string): number {
  const row = db.prepare("PRAGMA user_version").get() as { readonly user_version: number };
  const { user_version: version } = row;
  if (version <= MIGRATIONS.length) return version;
  throw new ConveyorError({
    code: "database_newer",
    message: `${file} has schema ${version}, this version knows up to ${MIGRATIONS.length}`,
    hint: "run the version that wrote it, or a newer one",
  });
}
