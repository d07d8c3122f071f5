/** Drivers, who listens to a kind, and the sessions of instances. */

import type { Driver, Session } from "@conveyor-ci/core";
import type { NamePage } from "@conveyor-ci/engine/ports";
import type { DatabaseSyncInstance as DatabaseSync } from "@photostructure/sqlite";
import { Statement } from "./statement.ts";
import { type DocumentRow, documents, documentTable, rowTable, type Table } from "./table.ts";

const DRIVER = {
  select: "SELECT doc FROM driver WHERE ns = ? AND name = ?",
  insert: "INSERT INTO driver (ns, name, doc) VALUES (?, ?, ?)",
  onConflict: "ON CONFLICT (ns, name) DO UPDATE SET doc = excluded.doc",
  remove: "DELETE FROM driver WHERE ns = ? AND name = ?",
  columns: () => [],
};

const DRIVERS = "SELECT doc FROM driver WHERE ns = ? AND name > ? ORDER BY name LIMIT ?";

const LISTENERS = {
  select: "SELECT doc FROM listeners WHERE ns = ? AND kind = ?",
  insert: "INSERT INTO listeners (ns, kind, doc) VALUES (?, ?, ?)",
  onConflict: "ON CONFLICT (ns, kind) DO UPDATE SET doc = excluded.doc",
  remove: "DELETE FROM listeners WHERE ns = ? AND kind = ?",
  columns: () => [],
};

const SESSION = {
  select: "SELECT doc FROM session WHERE ns = ? AND id = ?",
  insert: "INSERT INTO session (ns, id, driver, expires_at, doc) VALUES (?, ?, ?, ?, ?)",
  onConflict: `
    ON CONFLICT (ns, id) DO UPDATE SET expires_at = excluded.expires_at, doc = excluded.doc`,
  remove: "DELETE FROM session WHERE ns = ? AND id = ?",
};

/** A column that is set is written in its index too, even to the same value. */
const SESSION_DOC = "UPDATE session SET doc = ? WHERE ns = ? AND id = ? AND expires_at = ?";

const SESSIONS = "SELECT doc FROM session WHERE ns = ? ORDER BY id";

const SESSIONS_OF_DRIVER = `
  SELECT doc FROM session INDEXED BY session_by_driver WHERE ns = ? AND driver = ? ORDER BY id`;

const SESSIONS_DUE = `
  SELECT doc FROM session INDEXED BY session_by_expiry
  WHERE ns = ? AND expires_at <= ? ORDER BY expires_at, id LIMIT ?`;

export interface Drivers {
  readonly table: Table<"driver">;
  readonly listeners: Table<"listeners">;
  list(page: NamePage): readonly Driver[];
}

export function openDrivers(db: DatabaseSync): Drivers {
  const list = new Statement<DocumentRow>(db, DRIVERS);
  return {
    table: documentTable<"driver">(db, DRIVER),
    listeners: documentTable<"listeners">(db, LISTENERS),
    list: ({ ns, after, limit }) => documents<"driver">(list.all(ns, after ?? "", limit)),
  };
}

export interface Sessions {
  readonly table: Table<"session">;
  list(of: { readonly ns: string; readonly driver: string | null }): readonly Session[];
  /** Those that have expired, by time. */
  due(of: {
    readonly ns: string;
    readonly now: number;
    readonly limit: number;
  }): readonly Session[];
}

export function openSessions(db: DatabaseSync): Sessions {
  const all = new Statement<DocumentRow>(db, SESSIONS);
  const ofDriver = new Statement<DocumentRow>(db, SESSIONS_OF_DRIVER);
  const due = new Statement<DocumentRow>(db, SESSIONS_DUE);
  return {
    table: sessionTable(db),
    list: ({ ns, driver }) =>
      (driver === null ? all.all(ns) : ofDriver.all(ns, driver)).map(sessionFromRow),
    due: ({ ns, now, limit }) => due.all(ns, now, limit).map(sessionFromRow),
  };
}

/** Leases are most of a session, and it is written with every batch: they stand without names. */
type StoredSession = Omit<Session, "leases"> & {
  readonly leases: readonly (readonly [token: number, run: string, step: string])[];
};

function docOfSession(session: Session): string {
  const leases = session.leases.map(({ token, run, step }) => [token, run, step] as const);
  return JSON.stringify({ ...session, leases } satisfies StoredSession);
}

function sessionFromRow({ doc }: DocumentRow): Session {
  const stored = JSON.parse(doc) as StoredSession;
  return { ...stored, leases: stored.leases.map(([token, run, step]) => ({ token, run, step })) };
}

/** Leases come and go with every batch, expiries do not: their index is left alone then. */
function sessionTable(db: DatabaseSync): Table<"session"> {
  const table = rowTable<"session", DocumentRow>(db, SESSION, {
    values: (session) => [session.driver, session.expiresAt, docOfSession(session)],
    fromRow: sessionFromRow,
  });
  const updateDoc = new Statement(db, SESSION_DOC);
  return {
    ...table,
    replace: (key, session) => {
      const doc = docOfSession(session);
      if (updateDoc.change(doc, key.ns, ...key.parts, session.expiresAt) === 0) {
        table.replace(key, session);
      }
    },
  };
}
