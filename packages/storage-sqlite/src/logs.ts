/** Log lines in chunks, and the end of each run's log. */

import type { LogChunk, LogHead, LogLine } from "@conveyor-ci/core";
import { assertRule } from "@conveyor-ci/core";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import { Statement } from "./statement.ts";
import { type DocumentRow, type Table } from "./table.ts";

const HEAD_SELECT = "SELECT doc FROM log_head WHERE position = ? AND ns = ?";
const HEAD_WRITE = `
  INSERT INTO log_head (position, ns, doc) VALUES (?, ?, ?)
  ON CONFLICT (position) DO UPDATE SET doc = excluded.doc`;
const HEAD_REMOVE = "DELETE FROM log_head WHERE position = ? AND ns = ?";

const CHUNK_SELECT = `
  SELECT position, first, count, run, driver, pipeline, step, attempt, stored_at, lines
  FROM log_chunk INDEXED BY log_chunk_by_run WHERE ns = ? AND position = ? AND first = ?`;

const CHUNK_INSERT = `
  INSERT INTO log_chunk
    (ns, position, first, count, run, driver, pipeline, step, attempt, stored_at, lines)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export interface ChunkRow {
  readonly position: number;
  readonly first: number;
  readonly count: number;
  readonly run: string;
  readonly driver: string;
  readonly pipeline: string | null;
  readonly step: string;
  readonly attempt: number;
  readonly stored_at: number;
  readonly lines: string;
}

/** A chunk as its reader gets it. */
export function chunkFromRow(row: ChunkRow): LogChunk {
  const { run, position, driver, pipeline, step, attempt, first, stored_at: storedAt } = row;
  const lines = JSON.parse(row.lines) as readonly LogLine[];
  return { run, position, driver, pipeline, step, attempt, first, lines, storedAt };
}

export function openLogHeads(db: DatabaseSync): Table<"head"> {
  const select = new Statement<DocumentRow>(db, HEAD_SELECT);
  const write = new Statement(db, HEAD_WRITE);
  const remove = new Statement(db, HEAD_REMOVE);
  const put: Table<"head">["insert"] = ({ ns }, head) =>
    write.run(head.position, ns, JSON.stringify(head));
  return {
    get: ({ ns, parts }) => {
      const row = select.first(...parts, ns);
      return row === undefined ? undefined : (JSON.parse(row.doc) as LogHead);
    },
    insert: put,
    replace: put,
    delete: ({ ns, parts }) => remove.run(...parts, ns),
  };
}

/** Chunks are written once and never changed. */
export function openLogChunks(db: DatabaseSync): Table<"chunk"> {
  const select = new Statement<ChunkRow>(db, CHUNK_SELECT);
  const insert = new Statement(db, CHUNK_INSERT);
  const put: Table<"chunk">["insert"] = ({ ns }, chunk) => {
    const { position, first, run, driver, pipeline, step, attempt, storedAt, lines } = chunk;
    const head = [ns, position, first, lines.length, run, driver, pipeline, step] as const;
    insert.run(...head, attempt, storedAt, JSON.stringify(lines));
  };
  return {
    get: ({ ns, parts }) => {
      const row = select.first(ns, ...parts);
      return row === undefined ? undefined : chunkFromRow(row);
    },
    insert: put,
    replace: put,
    delete: () => assertRule(false, "a chunk of lines is never deleted"),
  };
}
