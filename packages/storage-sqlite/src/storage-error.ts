/** What failures of SQLite and of the file system mean to a caller. */
import { dirname } from "node:path";
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

/** The system's name of a failure, such as `EACCES`, if the error is one of the file system's. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/**
 * The error a caller gets: `storage_full` or `storage_unavailable` where the disk is the cause. What
 * remains (a broken constraint, a broken rule) is a bug and stays what it is.
 */
export function storageError(error: unknown, file: string): unknown {
  const code = sqliteCode(error);
  const reason = error instanceof Error ? error.message : String(error);
  const system = systemCode(error);
  if (code === SQLITE_FULL || system === "ENOSPC" || system === "EDQUOT") {
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
  if (system !== undefined) {
    return new ConveyorError(
      {
        code: "storage_unavailable",
        message: `the data directory ${dirname(file)} cannot be used: ${reason}`,
        hint: "it must be a directory that this user may write to, or that can be made",
      },
      { cause: error },
    );
  }
  return error;
}
