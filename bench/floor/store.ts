/**
 * The tables of the floor: three rows for a create, one changed row for a result, one row for a batch
 * of lines. No feature: no definitions, no versions, no order.
 *
 * F1 `synchronous` is FULL, read back at the open: a commit is on the disk.
 */
import { join } from "node:path";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS resource (kind TEXT, name TEXT, version INTEGER, doc TEXT,
    PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS run (id TEXT PRIMARY KEY, state TEXT, doc TEXT) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS event (position INTEGER PRIMARY KEY, run TEXT, what TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS chunk (run TEXT, first INTEGER, lines TEXT,
    PRIMARY KEY (run, first)) STRICT, WITHOUT ROWID;`;

const SYNCHRONOUS_FULL = 2;

export class Store {
  /** Statements do not keep it alive. */
  readonly #db: DatabaseSyncInstance;
  readonly #statements;

  constructor(directory: string) {
    const db = new DatabaseSync(join(directory, "floor.db"));
    db.exec("PRAGMA journal_mode = WAL");
    db.exec("PRAGMA synchronous = FULL");
    db.exec("PRAGMA cache_size = -16384");
    const row = db.prepare("PRAGMA synchronous").get() as { readonly synchronous: number };
    if (row.synchronous !== SYNCHRONOUS_FULL) throw new Error("commits are not synced"); // F1
    db.exec(SCHEMA);
    this.#db = db;
    this.#statements = {
      begin: db.prepare("BEGIN IMMEDIATE"),
      commit: db.prepare("COMMIT"),
      resource: db.prepare("INSERT INTO resource VALUES (?, ?, 1, ?)"),
      run: db.prepare("INSERT INTO run VALUES (?, 'pending', ?)"),
      event: db.prepare("INSERT INTO event (run, what) VALUES (?, 'create')"),
      result: db.prepare("UPDATE run SET state = ?, doc = ? WHERE id = ?"),
      chunk: db.prepare("INSERT INTO chunk VALUES (?, ?, ?)"),
      chunks: db.prepare("SELECT lines FROM chunk WHERE run = ? ORDER BY first"),
      count: db.prepare("SELECT count(*) AS runs FROM run"),
    };
  }

  begin(): void {
    this.#statements.begin.run();
  }

  commit(): void {
    this.#statements.commit.run();
  }

  addRun(of: { kind: string; name: string; run: string; doc: string }): void {
    this.#statements.resource.run(of.kind, of.name, of.doc);
    this.#statements.run.run(of.run, of.doc);
    this.#statements.event.run(of.run);
  }

  setResult(of: { run: string; state: string; result: string }): void {
    this.#statements.result.run(of.state, of.result, of.run);
  }

  addChunk(of: { run: string; first: number; lines: string }): void {
    this.#statements.chunk.run(of.run, of.first, of.lines);
  }

  chunksOf(run: string): readonly string[] {
    const rows = this.#statements.chunks.all(run) as { readonly lines: string }[];
    return rows.map(({ lines }) => lines);
  }

  countRuns(): number {
    return (this.#statements.count.get() as { readonly runs: number }).runs;
  }

  close(): void {
    this.#db.close();
  }
}
