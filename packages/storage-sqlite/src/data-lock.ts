/**
 * Keeps a second server out of a data directory.
 *
 * The lock is an exclusive lock of the operating system on a file of its own, held through an SQLite
 * transaction that never ends: it dies with the process, however that dies, and leaves nothing to
 * clean up. The main database stays readable to others, so that it can be copied while in use.
 */

import { ConveyorError } from "@conveyor-ci/core";
import { DatabaseSync } from "@photostructure/sqlite";
import { isBusy } from "./storage-error.ts";

export interface DataLock {
  /** Idempotent. */
  release(): void;
}

/** Takes the lock, or throws `data_directory_in_use` naming the directory. */
export function takeDataLock(file: string, directory: string): DataLock {
  const db = new DatabaseSync(file);
  try {
    db.exec("PRAGMA busy_timeout = 0");
    db.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if (!isBusy(error)) throw error;
    throw new ConveyorError(
      {
        code: "data_directory_in_use",
        message: `another server holds the data directory ${directory}`,
        hint: "stop it, or give this one a directory of its own with --data",
      },
      { cause: error },
    );
  }
  return {
    release: () => {
      if (db.isOpen) db.close();
    },
  };
}
