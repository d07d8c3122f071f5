import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { NS, RULES } from "@conveyor-ci/conformance";
import { type Command, ConveyorError } from "@conveyor-ci/core";
import { DatabaseSync } from "@photostructure/sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase, placeOf } from "./database.ts";
import { openSqliteStorage, SqliteStorage } from "./sqlite-storage.ts";

let directory = "";
const opened: SqliteStorage[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "conveyor-sqlite-"));
});

afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close();
  await rm(directory, { recursive: true, force: true });
});

function open(at = directory): SqliteStorage {
  const storage = openSqliteStorage({ directory: at });
  opened.push(storage);
  return storage;
}

function define(name: string, description: string | null = null): Command {
  const content = { name, description, version: null, schema: true };
  return { kind: "createDefinition", ns: NS, actor: "tester", id: name, content, mode: "create" };
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConveyorError) return error.code;
    throw error;
  }
  return "none";
}

describe("the database file", () => {
  it("is synced at every commit, at the first open and at every later one", () => {
    for (let time = 0; time < 2; time += 1) {
      const { db, lock } = openDatabase(placeOf({ directory }));
      expect(db.prepare("PRAGMA synchronous").get()).toMatchObject({ synchronous: 2 });
      expect(db.prepare("PRAGMA journal_mode").get()).toMatchObject({ journal_mode: "wal" });
      db.close();
      lock.release();
    }
  });

  it("is refused to a second server, which is told the directory", async () => {
    open();
    expect(codeOf(() => openSqliteStorage({ directory }))).toBe("data_directory_in_use");
    expect(() => openSqliteStorage({ directory })).toThrow(directory);
  });

  it("is free again when its storage is closed", async () => {
    await open().close();
    await open().batch([define("app")], RULES);
  });

  it("is not touched when a newer version wrote it", async () => {
    await open().close();
    const db = new DatabaseSync(join(directory, "conveyor.db"));
    db.exec("PRAGMA user_version = 999");
    db.close();
    expect(codeOf(() => openSqliteStorage({ directory }))).toBe("database_newer");
    expect(codeOf(() => openSqliteStorage({ directory }))).toBe("database_newer");
  });

  it("lies in a directory that only its owner may enter", async () => {
    const fresh = join(directory, "deep", "data");
    open(fresh);
    expect((await stat(fresh)).mode & 0o777).toBe(0o700);
  });

  it("can lie anywhere, by its own name", async () => {
    const file = join(directory, "other.db");
    const storage = openSqliteStorage({ file });
    opened.push(storage);
    expect(codeOf(() => openSqliteStorage({ file }))).toBe("data_directory_in_use");
  });

  it("that is no database is storage_unavailable, naming the file", async () => {
    await writeFile(join(directory, "conveyor.db"), "no database".repeat(1_000));
    expect(codeOf(() => openSqliteStorage({ directory }))).toBe("storage_unavailable");
    expect(() => openSqliteStorage({ directory })).toThrow("conveyor.db");
  });

  it.skipIf(process.platform !== "linux")(
    "whose directory cannot be made is refused at once",
    () => {
      const code = codeOf(() => openSqliteStorage({ directory: "/proc/no-such/deep" }));
      expect(code).toBe("storage_unavailable");
    },
  );

  it("that cannot be made is storage_unavailable", async () => {
    await mkdir(join(directory, "conveyor.db"));
    expect(codeOf(() => openSqliteStorage({ directory }))).toBe("storage_unavailable");
  });
});

describe("a write that fails", () => {
  it("for want of room is storage_full, leaves nothing, and the storage goes on", async () => {
    const place = openDatabase(placeOf({ directory }));
    place.db.exec("PRAGMA max_page_count = 200");
    const storage = new SqliteStorage(place);
    opened.push(storage);
    await storage.batch([define("before")], RULES);
    const last = await storage.lastChange();
    const large = [define("small"), define("large", "x".repeat(2_000_000))];
    await expect(storage.batch(large, RULES)).rejects.toMatchObject({ code: "storage_full" });
    expect(await storage.lastChange()).toBe(last);
    const left = await storage.definitions({ ns: NS, after: null, limit: 10 });
    expect(left.map(({ name }) => name)).toEqual(["before"]);
    const { changes } = await storage.batch([define("after")], RULES);
    expect(changes.map(({ position }) => position)).toEqual([last + 1]);
    // Nor does it live on in memory: its name is still free.
    const again = await storage.batch([define("small")], RULES);
    expect(again.outcomes).toMatchObject([{ ok: true }]);
  });

  it("is found out by a write that nobody sees, until there is room again", async () => {
    const place = openDatabase(placeOf({ directory }));
    const storage = new SqliteStorage(place);
    opened.push(storage);
    await storage.batch([define("app")], RULES);
    const pages = place.db.prepare("PRAGMA page_count").get() as { page_count: number };
    place.db.exec(`PRAGMA max_page_count = ${pages.page_count}`);
    await expect(storage.checkWritable()).rejects.toMatchObject({ code: "storage_full" });
    place.db.exec("PRAGMA max_page_count = 10000");
    await storage.checkWritable();
    await storage.checkWritable();
    expect(await storage.lastChange()).toBe(1);
    await storage.close();
    await expect(storage.checkWritable()).rejects.toMatchObject({ code: "storage_unavailable" });
  });
});

/** A program that says on stdout what it is about to do, and does it. */
const PROGRAM = `
  import { writeSync } from "node:fs";
  import { openSqliteStorage } from "@conveyor-ci/storage-sqlite";
  const define = (name) => [{
    kind: "createDefinition", ns: "default", actor: "tester", id: name, mode: "create",
    content: { name, description: null, version: null, schema: true },
  }];
  const mark = (text) => writeSync(1, "MARK " + text + "\\n");
  const rules = { validateSpec: () => [], limits: {} };
  const storage = openSqliteStorage({ directory: process.env.DATA });
  await storage.batch(define("warm"), rules);
  mark("writes");
  await storage.batch(define("app"), rules);
  mark("written");
  await storage.batch(define("app"), rules);
  await storage.definitions({ ns: "default", after: null, limit: 10 });
  mark("read");
  await storage.close();
`;

describe("syncs", () => {
  const hasStrace = spawnSync("strace", ["-V"]).status === 0;
  const isCi = process.env["CI"] === "true";

  it.skipIf(!hasStrace && !isCi)(
    "happen between a batch that writes and its answer, and not for one that only reads",
    { timeout: 30_000 },
    async () => {
      expect(hasStrace, "strace must be installed where CI=true").toBe(true);
      const trace = join(directory, "trace");
      const node = [process.execPath, "--input-type=module", "--eval", PROGRAM];
      const calls = ["-f", "-e", "trace=fsync,fdatasync,write", "-o", trace];
      const child = spawnSync("strace", [...calls, ...node], {
        cwd: dirname(fileURLToPath(import.meta.url)),
        env: { ...process.env, DATA: join(directory, "data") },
        encoding: "utf8",
      });
      expect(child.status, child.stderr).toBe(0);
      const lines = (await readFile(trace, "utf8")).split("\n");
      const at = (mark: string): number =>
        lines.findIndex((text) => text.includes(`MARK ${mark}\\`));
      const syncs = (from: string, to: string): readonly string[] =>
        lines.slice(at(from), at(to)).filter((text) => /f(data)?sync\(/.test(text));
      expect(at("writes")).toBeGreaterThan(0);
      expect(at("read")).toBeGreaterThan(at("written"));
      expect(syncs("writes", "written").length).toBeGreaterThanOrEqual(1);
      expect(syncs("written", "read")).toEqual([]);
    },
  );
});
