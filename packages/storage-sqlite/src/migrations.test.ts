import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { START } from "./migrations/001-start.ts";
import { migrate } from "./migrations.ts";
import { OPEN_OF_PIPELINE } from "./runs.ts";

const FILE = "conveyor.db";

describe("a database", () => {
  let directory: string;
  let db: InstanceType<typeof DatabaseSync>;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "conveyor-migrations-"));
    db = new DatabaseSync(join(directory, FILE));
  });
  afterEach(() => {
    db.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it("that took the first steps takes the others, once, and keeps what it holds", () => {
    db.exec(`${START}; PRAGMA user_version = 1`);
    const insert = db.prepare("INSERT INTO run VALUES (?, 'default', ?, 'app', ?, ?, ?, '{}')");
    insert.run(1, "r-1", "a", "p", "succeeded");
    insert.run(2, "r-2", "a", "p", "running");
    insert.run(3, "r-3", "a", "q", "failed");
    migrate(db, FILE);
    migrate(db, FILE);
    const open = db.prepare(OPEN_OF_PIPELINE);
    const found = ["p", "q"].map((name) => open.all("default", name));
    expect(found).toMatchObject([[{ id: "r-2" }], []]);
    expect(db.prepare("SELECT count(*) AS count FROM run").get()).toEqual({ count: 3 });
  });

  it("looks an unfinished run of a pipeline up, however many others are unfinished", () => {
    migrate(db, FILE);
    const [step] = db.prepare(`EXPLAIN QUERY PLAN ${OPEN_OF_PIPELINE}`).all("default", "p");
    expect(step).toMatchObject({
      detail: "SEARCH run USING INDEX run_open_of_pipeline (ns=? AND pipeline=?)",
    });
  });
});
