/**
 * Opens the database file so that a commit is a promise.
 *
 * D1 `synchronous` is FULL on every connection: SQLite gives a reopened WAL database NORMAL, under
 *    which a commit is not yet on disk. It is set and read back at every open.
 * D2 The data directory is its owner's alone, and one server's at a time.
 * D3 Names are on disk before anything is answered: SQLite sees to those of its files, and what it
 *    cannot know of, the directories that were made for them, is synced here.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { assertRule } from "@conveyor-ci/core";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { type DataLock, takeDataLock } from "./data-lock.ts";
import { migrate } from "./migrations.ts";
import { storageError } from "./storage-error.ts";

const SYNCHRONOUS_FULL = 2;

/** A lock held longer than this by another process is an error, not a wait. */
const BUSY_TIMEOUT_MS = 2_000;

/** What SQLite keeps in memory of the file. */
const CACHE_KIB = 16 * 1024;

/**
 * Pages in the WAL at which a commit moves them into the database, which holds the event loop: for
 * about 8 ms at 1,000 pages and 20 ms at 4,000. Throughput is the same with all of them.
 */
const CHECKPOINT_PAGES = 500;

/** What the WAL file is cut down to after a checkpoint. */
const WAL_BYTES = 16 * 1024 ** 2;

export interface Place {
  readonly directory: string;
  readonly file: string;
  readonly lockFile: string;
}

/** Where the files of a data directory, or of one database file, lie. */
export function placeOf(at: { readonly directory: string } | { readonly file: string }): Place {
  if ("file" in at) {
    const file = resolve(at.file);
    return { directory: dirname(file), file, lockFile: `${file}.lock` };
  }
  const directory = resolve(at.directory);
  return {
    directory,
    file: join(directory, "conveyor.db"),
    lockFile: join(directory, "server.lock"),
  };
}

export interface OpenDatabase {
  readonly db: DatabaseSyncInstance;
  readonly lock: DataLock;
  readonly file: string;
}

/** Opens, locks and migrates. Throws with everything given back. */
export function openDatabase(place: Place): OpenDatabase {
  let lock: DataLock | undefined;
  let db: DatabaseSyncInstance | undefined;
  try {
    makeDirectory(place.directory);
    lock = takeDataLock(place.lockFile, place.directory);
    db = new DatabaseSync(place.file);
    configure(db);
    migrate(db, place.file);
    return { db, lock, file: place.file };
  } catch (error) {
    if (db?.isOpen === true) db.close();
    lock?.release();
    throw storageError(error, place.file);
  }
}

/** One by one from the top: Node's own way never returns where a directory cannot be made (/proc). */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const parent = dirname(directory);
  makeDirectory(parent);
  mkdirSync(directory, { mode: 0o700 }); // D2
  syncNames(parent); // D3
}

/** What stands in a directory survives a power cut only when the directory itself was synced. */
function syncNames(directory: string): void {
  if (process.platform === "win32") return; // It has no such call, and keeps them by itself.
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function configure(db: DatabaseSyncInstance): void {
  db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  const mode = pragma(db, "journal_mode = WAL");
  assertRule(mode === "wal", "the database keeps a write-ahead log");
  db.exec("PRAGMA synchronous = FULL");
  assertRule(pragma(db, "synchronous") === SYNCHRONOUS_FULL, "every commit is synced (D1)");
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.exec(`PRAGMA journal_size_limit = ${WAL_BYTES}`);
}

function pragma(db: DatabaseSyncInstance, text: string): unknown {
  const row = db.prepare(`PRAGMA ${text}`).get() as Readonly<Record<string, unknown>> | undefined;
  return row === undefined ? undefined : Object.values(row)[0];
}
