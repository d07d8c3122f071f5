/**
 * Runs, by their position in the order of acceptance, and the data of their results.
 *
 * A list follows the index of one of its filters, the one that is likely to match least, newest
 * first, and holds the others against what it meets there. So a list by one filter costs what it
 * returns, however long the history is; one by several costs what lies between its matches.
 */

import { isRunEnded, type Key, RUN_STATES, type Run, type RunState } from "@conveyor-ci/core";
import type { RunQuery } from "@conveyor-ci/engine/ports";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import { docOfRun, RUN_COLUMNS, type RunRow, runFromRow } from "./run-row.ts";
import { Statement } from "./statement.ts";
import { documentTable, type Table } from "./table.ts";

const UNFINISHED = RUN_STATES.filter((state) => !isRunEnded(state));

const COLUMNS = RUN_COLUMNS.join(", ");

const SELECT = `SELECT ${COLUMNS} FROM run WHERE id = ? AND ns = ?`;

const INSERT = `
  INSERT INTO run (position, ns, id, kind, name, pipeline, state, doc)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

const UPDATE = "UPDATE run SET state = ?, doc = ? WHERE position = ?";

const REMOVE = "DELETE FROM run WHERE id = ? AND ns = ?";

const INSERT_DRIVER = `
  INSERT INTO run_driver (ns, driver, position) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`;

const OPEN_OF_RESOURCE = `
  SELECT ${COLUMNS} FROM run INDEXED BY run_open
  WHERE ns = ? AND state IN ('pending', 'running', 'cancelling') AND kind = ? AND name = ?
  ORDER BY position`;

export const OPEN_OF_PIPELINE = `
  SELECT ${COLUMNS} FROM run INDEXED BY run_open_of_pipeline
  WHERE ns = ? AND pipeline = ? AND state IN ('pending', 'running', 'cancelling') LIMIT 1`;

const COUNT_OF_STATE = `
  SELECT count(*) AS count FROM (
    SELECT 1 FROM run INDEXED BY run_by_state
    WHERE ns = ? AND state = ? AND state <> 'succeeded' LIMIT ?)`;

/** Where a list begins to look: at an index of `run`, or at the positions of a driver's runs. */
const LEADS = {
  name: "FROM run AS r INDEXED BY run_by_name WHERE r.ns = ?1 AND r.name = ?5",
  state:
    "FROM run AS r INDEXED BY run_by_state WHERE r.ns = ?1 AND r.state = ?8 AND r.state <> 'succeeded'",
  pipeline: "FROM run AS r INDEXED BY run_by_pipeline WHERE r.ns = ?1 AND r.pipeline = ?6",
  driver: `FROM run_driver AS d CROSS JOIN run AS r ON r.position = d.position
    WHERE d.ns = ?1 AND d.driver = ?7 AND d.position < ?2`,
  kind: "FROM run AS r INDEXED BY run_by_kind WHERE r.ns = ?1 AND r.kind = ?4",
  none: "FROM run AS r NOT INDEXED WHERE r.ns = ?1",
} as const;

type Lead = keyof typeof LEADS;

function listSql(lead: Lead): string {
  return `
    SELECT ${RUN_COLUMNS.map((name) => `r.${name}`).join(", ")} ${LEADS[lead]} AND r.position < ?2
      AND (?4 IS NULL OR r.kind = ?4)
      AND (?5 IS NULL OR r.name = ?5)
      AND (?6 IS NULL OR r.pipeline = ?6)
      AND (?7 IS NULL OR EXISTS (
        SELECT 1 FROM run_driver AS of
        WHERE of.ns = ?1 AND of.driver = ?7 AND of.position = r.position))
      AND (?8 IS NULL OR r.state = ?8)
    ORDER BY ${lead === "driver" ? "d" : "r"}.position DESC LIMIT ?3`;
}

/** The filter that is likely to match least; nearly all runs of a long history have succeeded. */
function leadOf(query: RunQuery): Lead {
  if (query.name !== null) return "name";
  if (query.state !== null && query.state !== "succeeded") return "state";
  if (query.pipeline !== null) return "pipeline";
  if (query.driver !== null) return "driver";
  if (query.resource !== null) return "kind";
  return "none";
}

const DATA = {
  select: "SELECT doc FROM step_data WHERE ns = ? AND run = ? AND step = ?",
  insert: "INSERT INTO step_data (ns, run, step, doc) VALUES (?, ?, ?, ?)",
  // Written once: writing it again fails.
  onConflict: "",
  remove: "DELETE FROM step_data WHERE ns = ? AND run = ? AND step = ?",
  columns: () => [],
};

export interface Runs {
  readonly table: Table<"run">;
  readonly data: Table<"data">;
  /** Lets a run that got its step runs late be found by their drivers. */
  addDrivers(ns: string, run: Run): void;
  list(query: RunQuery): readonly Run[];
  /** Unfinished runs of a resource, by position. */
  openOf(of: { readonly ns: string; readonly kind: string; readonly name: string }): readonly Run[];
  /** At most one unfinished run of a pipeline, looked up. */
  openOfPipeline(ns: string, pipeline: string): readonly Run[];
  /** How many are unfinished, by state; counts a state no further than `upTo`. */
  openByState(ns: string, upTo: number): Readonly<Partial<Record<RunState, number>>>;
}

export function openRuns(db: DatabaseSync): Runs {
  const drivers = new Statement(db, INSERT_DRIVER);
  const lists = new Map<Lead, Statement<RunRow>>();
  const openOf = new Statement<RunRow>(db, OPEN_OF_RESOURCE);
  const openOfPipeline = new Statement<RunRow>(db, OPEN_OF_PIPELINE);
  const countOf = new Statement<{ readonly count: number }>(db, COUNT_OF_STATE);
  const addDrivers = (ns: string, run: Run): void => {
    for (const { driver } of run.steps) drivers.run(ns, driver, run.position);
  };
  return {
    table: runTable(db, addDrivers),
    data: documentTable<"data">(db, DATA),
    addDrivers,
    list: (query) => {
      const lead = leadOf(query);
      const statement = lists.get(lead) ?? new Statement<RunRow>(db, listSql(lead));
      lists.set(lead, statement);
      const { ns, before, limit, resource, name, pipeline, driver, state } = query;
      const from = before ?? Number.MAX_SAFE_INTEGER;
      const filters = [resource, name, pipeline, driver, state];
      return statement.all(ns, from, limit, ...filters).map(runFromRow);
    },
    openOf: ({ ns, kind, name }) => openOf.all(ns, kind, name).map(runFromRow),
    openOfPipeline: (ns, pipeline) => openOfPipeline.all(ns, pipeline).map(runFromRow),
    openByState: (ns, upTo) => {
      const counts: Partial<Record<RunState, number>> = {};
      for (const state of UNFINISHED) {
        const count = countOf.first(ns, state, upTo)?.count ?? 0;
        if (count > 0) counts[state] = count;
      }
      return counts;
    },
  };
}

function runTable(db: DatabaseSync, addDrivers: (ns: string, run: Run) => void): Table<"run"> {
  const select = new Statement<RunRow>(db, SELECT);
  const insert = new Statement(db, INSERT);
  const update = new Statement(db, UPDATE);
  const remove = new Statement(db, REMOVE);
  const idOf = (key: Key<"run">): string => String(key.parts[0]);
  return {
    get: (key) => {
      const row = select.first(idOf(key), key.ns);
      return row === undefined ? undefined : runFromRow(row);
    },
    insert: ({ ns }, run) => {
      const { kind, name } = run.resource;
      const pipeline = run.pipeline?.name ?? null;
      insert.run(run.position, ns, run.id, kind, name, pipeline, run.state, docOfRun(run));
      addDrivers(ns, run);
    },
    // A run is never written without having been read, so it is there.
    replace: (_key, run) => update.run(run.state, docOfRun(run), run.position),
    delete: (key) => remove.run(idOf(key), key.ns),
  };
}
