/** The first schema. Never changed once released. */
export const START = `
CREATE TABLE counters (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  run_position INTEGER NOT NULL,
  lease_token INTEGER NOT NULL,
  feed_position INTEGER NOT NULL,
  time INTEGER NOT NULL
) STRICT;
INSERT INTO counters VALUES (1, 0, 0, 0, 0);

-- One row, written again to find out whether anything can be written.
CREATE TABLE probe (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  filler BLOB NOT NULL
) STRICT;

CREATE TABLE definition (
  ns TEXT NOT NULL,
  name TEXT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (ns, name)
) STRICT;

CREATE TABLE pipeline (
  ns TEXT NOT NULL,
  name TEXT NOT NULL,
  resource TEXT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (ns, name)
) STRICT;
CREATE INDEX pipeline_by_resource ON pipeline (ns, resource);

CREATE TABLE revision (
  ns TEXT NOT NULL,
  id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (ns, id, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE resource (
  ns TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  phase TEXT NOT NULL,
  pipeline TEXT,
  doc TEXT NOT NULL,
  PRIMARY KEY (ns, kind, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX resource_by_pipeline ON resource (ns, pipeline) WHERE pipeline IS NOT NULL;

CREATE TABLE version (
  ns TEXT NOT NULL,
  resource TEXT NOT NULL,
  version INTEGER NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (ns, resource, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
  position INTEGER PRIMARY KEY,
  ns TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  pipeline TEXT,
  state TEXT NOT NULL,
  doc TEXT NOT NULL
) STRICT;
CREATE INDEX run_by_name ON run (ns, name);
CREATE INDEX run_by_kind ON run (ns, kind);
-- Nearly all runs of a long history have succeeded: those are found without an index.
CREATE INDEX run_by_state ON run (ns, state) WHERE state <> 'succeeded';
CREATE INDEX run_open ON run (ns, kind, name) WHERE state IN ('pending', 'running', 'cancelling');
CREATE INDEX run_by_pipeline ON run (ns, pipeline) WHERE pipeline IS NOT NULL;

CREATE TABLE run_driver (
  ns TEXT NOT NULL,
  driver TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (ns, driver, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE step_data (
  ns TEXT NOT NULL,
  run TEXT NOT NULL,
  step TEXT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (ns, run, step)
) STRICT;

CREATE TABLE queue (
  ns TEXT NOT NULL,
  driver TEXT NOT NULL,
  kind TEXT NOT NULL,
  event TEXT NOT NULL,
  position INTEGER NOT NULL,
  run TEXT NOT NULL,
  step TEXT NOT NULL,
  PRIMARY KEY (ns, driver, kind, event, position, run, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE orphan (
  ns TEXT NOT NULL,
  kind TEXT NOT NULL,
  event TEXT NOT NULL,
  position INTEGER NOT NULL,
  run TEXT NOT NULL,
  PRIMARY KEY (ns, kind, event, position, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE timer (
  ns TEXT NOT NULL,
  at INTEGER NOT NULL,
  run TEXT NOT NULL,
  step TEXT NOT NULL,
  token INTEGER NOT NULL,
  what TEXT NOT NULL,
  PRIMARY KEY (ns, at, run, step, token, what)
) STRICT, WITHOUT ROWID;

CREATE TABLE driver (
  ns TEXT NOT NULL,
  name TEXT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (ns, name)
) STRICT;

CREATE TABLE listeners (
  ns TEXT NOT NULL,
  kind TEXT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (ns, kind)
) STRICT;

CREATE TABLE session (
  ns TEXT NOT NULL,
  id TEXT NOT NULL,
  driver TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (ns, id)
) STRICT;
CREATE INDEX session_by_driver ON session (ns, driver);
CREATE INDEX session_by_expiry ON session (ns, expires_at);

CREATE TABLE log_head (
  position INTEGER PRIMARY KEY,
  ns TEXT NOT NULL,
  doc TEXT NOT NULL
) STRICT;

CREATE TABLE log_chunk (
  ns TEXT NOT NULL,
  position INTEGER NOT NULL,
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  run TEXT NOT NULL,
  driver TEXT NOT NULL,
  pipeline TEXT,
  step TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  stored_at INTEGER NOT NULL,
  lines TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX log_chunk_by_run ON log_chunk (ns, position, first);
CREATE INDEX log_chunk_by_driver ON log_chunk (ns, driver, position, first);
CREATE INDEX log_chunk_by_pipeline ON log_chunk (ns, pipeline, position, first)
  WHERE pipeline IS NOT NULL;

CREATE TABLE feed (
  first INTEGER PRIMARY KEY,
  ns TEXT NOT NULL,
  count INTEGER NOT NULL,
  at INTEGER NOT NULL,
  changes TEXT NOT NULL
) STRICT;
`;
