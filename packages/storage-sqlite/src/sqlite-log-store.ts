/**
 * Reads stored lines, chunk by chunk.
 *
 * Every query follows one index from its cursor on, in the order of (run position, first `seq`): of
 * one driver, of one run, of one pipeline, or of all. What else it asks for is held against the
 * heads of the chunks on the way; the lines of those that do not match are not read.
 *
 * L3 A read lets the event loop go on after a few milliseconds and resumes behind the last chunk it
 *    saw. Chunks never change and only ever come after those of their run, so that nothing is missed.
 */
import { setImmediate } from "node:timers/promises";
import type { LogChunk } from "@conveyor-ci/core";
import type { LogCursor, LogPage, LogQuery, LogStore } from "@conveyor-ci/engine/ports";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import { type ChunkRow, chunkFromRow } from "./logs.ts";
import { type SqlValue, Statement } from "./statement.ts";

/** How long one slice of a read may hold the event loop. */
const SLICE_MS = 4;

/** Chunk heads looked at in one slice. */
const SLICE_ROWS = 200;

const LEADS = {
  run: "INDEXED BY log_chunk_by_run WHERE ns = ?1 AND position = ?2 AND first > ?4",
  runAndDriver: `INDEXED BY log_chunk_by_driver
    WHERE ns = ?1 AND driver = ?5 AND position = ?2 AND first > ?4`,
  driver: `INDEXED BY log_chunk_by_driver
    WHERE ns = ?1 AND driver = ?5 AND (position, first) > (?3, ?4)`,
  pipeline: `INDEXED BY log_chunk_by_pipeline
    WHERE ns = ?1 AND pipeline = ?6 AND (position, first) > (?3, ?4)`,
  all: "INDEXED BY log_chunk_by_run WHERE ns = ?1 AND (position, first) > (?3, ?4)",
} as const;

type Lead = keyof typeof LEADS;

/** `lines` is null where the chunk is not one that was asked for. */
function readSql(lead: Lead): string {
  return `
    SELECT position, first, count, run, driver, pipeline, step, attempt, stored_at,
      CASE WHEN (?2 IS NULL OR position = ?2) AND (?5 IS NULL OR driver = ?5)
        AND (?6 IS NULL OR pipeline = ?6) AND (?7 IS NULL OR step = ?7)
        THEN lines END AS lines
    FROM log_chunk ${LEADS[lead]} ORDER BY position, first LIMIT ${SLICE_ROWS}`;
}

/** The chunk of a run that holds a line, or the last one before it. */
const CHUNK_OF_LINE = `
  SELECT max(first) AS first FROM log_chunk INDEXED BY log_chunk_by_run
  WHERE ns = ? AND position = ? AND first <= ?`;

function leadOf(query: LogQuery): Lead {
  if (query.driver !== null) return query.position === null ? "driver" : "runAndDriver";
  if (query.position !== null) return "run";
  return query.pipeline === null ? "all" : "pipeline";
}

type Row = Omit<ChunkRow, "lines"> & { readonly lines: string | null };

/** One read under way: where it is, and what it has found. */
interface Progress {
  position: number;
  first: number;
  readonly chunks: LogChunk[];
  sizeBytes: number;
}

export class SqliteLogStore implements LogStore {
  readonly #statements: ReadonlyMap<Lead, Statement<Row>>;
  readonly #chunkOfLine: Statement<{ readonly first: number | null }>;

  constructor(db: DatabaseSync) {
    const leads = Object.keys(LEADS) as Lead[];
    this.#statements = new Map(leads.map((lead) => [lead, new Statement(db, readSql(lead))]));
    this.#chunkOfLine = new Statement(db, CHUNK_OF_LINE);
  }

  async read(query: LogQuery): Promise<LogPage> {
    const after = cursorIn(query);
    if (after === null) return { chunks: [], next: null };
    const first = this.#chunkOfLine.first(query.ns, after.position, after.after + 1)?.first ?? 0;
    const progress: Progress = {
      position: after.position,
      first: first - 1,
      chunks: [],
      sizeBytes: 0,
    };
    for (;;) {
      const end = this.#slice({ query, after, progress });
      if (end === "exhausted") return { chunks: progress.chunks, next: null };
      if (end === "full") return { chunks: progress.chunks, next: cursorAfter(progress.chunks) };
      await setImmediate(); // L3
    }
  }

  #slice(of: {
    readonly query: LogQuery;
    readonly after: LogCursor;
    readonly progress: Progress;
  }): "exhausted" | "full" | "paused" {
    const { query, after, progress } = of;
    const until = performance.now() + SLICE_MS;
    let seen = 0;
    for (const row of this.#rows(query, progress)) {
      const isRead = row.position === after.position && row.first + row.count - 1 <= after.after;
      if (row.lines !== null && !isRead) {
        progress.sizeBytes += row.lines.length;
        if (progress.chunks.length > 0 && progress.sizeBytes > query.maxBytes) return "full";
        progress.chunks.push(chunkFromRow({ ...row, lines: row.lines }));
      }
      progress.position = row.position;
      progress.first = row.first;
      seen += 1;
      if (performance.now() > until) return "paused";
    }
    return seen < SLICE_ROWS ? "exhausted" : "paused";
  }

  #rows(query: LogQuery, from: Progress): Iterable<Row> {
    const { ns, position, driver, pipeline, step } = query;
    const values: SqlValue[] = [ns, position, from.position, from.first, driver, pipeline, step];
    return this.#statements.get(leadOf(query))?.each(...values) ?? [];
  }
}

/** The place after which to read; null when it lies behind the run that was asked for. */
function cursorIn({ position, after }: LogQuery): LogCursor | null {
  if (position === null) return after ?? { position: 0, after: 0 };
  if (after === null || after.position < position) return { position, after: 0 };
  return after.position === position ? after : null;
}

function cursorAfter(chunks: readonly LogChunk[]): LogCursor | null {
  const last = chunks.at(-1);
  if (last === undefined) return null;
  return { position: last.position, after: last.first + last.lines.length - 1 };
}
