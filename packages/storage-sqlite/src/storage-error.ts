/** What SQLite's failures mean to a caller. */
import { ConveyorError } from "@conveyor-ci/core";

const SQLITE_BUSY = 5;
const SQLITE_NOMEM = 7;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

const UNAVAILABLE: ReadonlySet<number> = new Set([
  SQLITE_BUSY,
  SQLITE_NOMEM,
  SQLITE_READONLY,
  SQLITE_IOERR,
  SQLITE_CORRUPT,
  SQLITE_CANTOPEN,
  SQLITE_NOTADB,
]);

/** SQLite's primary result code, if the error is one of SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

/** Whether another connection holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === SQLITE_BUSY;
}

/**
 * The error a caller gets: `storage_full` or `storage_unavailable` where the disk is the cause. What
 * remains (a broken constraint, a broken rule) is a bug and stays what it is.
 */
export function storageError(error: unknown, file: string): unknown {
  const code = sqliteCode(error);
  const reason = error instanceof Error ? error.message : String(error);
  if (code === SQLITE_FULL) {
    return new ConveyorError(
      {
        code: "storage_full",
        message: `the disk of ${file} has no room left`,
        hint: "free some space; what was answered before is safe",
      },
      { cause: error },
    );
  }
  if (code !== undefined && UNAVAILABLE.has(code)) {
    return new ConveyorError(
      { code: "storage_unavailable", message: `the database ${file} cannot be used: ${reason}` },
      { cause: error },
    );
  }
  return error;
}
