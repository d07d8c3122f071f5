/** @packageDocumentation Conveyor's storage ports on SQLite. */
export { openSqliteStorage, type SqliteOptions, SqliteStorage } from "./sqlite-storage.ts";
