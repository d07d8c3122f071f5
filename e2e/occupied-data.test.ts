import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./harness/root.ts";
import { useWorld } from "./harness/world.ts";

const COMMAND = join(ROOT, "packages/cli/dist/main.js");
/** Where the format of SQLite keeps `user_version`, as four bytes, the largest first. */
const USER_VERSION_AT = 60;

describe("a data directory that a server cannot have", () => {
  const world = useWorld("occupied");

  async function startOn(data: string): Promise<string> {
    const { directory: cwd } = world.scope;
    const command = ["node", COMMAND, "up", "--port", "0", "--data", data];
    const second = world.scope.start({ command, cwd, env: { CONVEYOR_SERVER: "" } });
    expect((await second.exit).code).toBe(2);
    return second.lines.join("\n");
  }

  it("held by another server: it says so, ends, and does the other one no harm", async () => {
    const { data } = await world.startServer();
    const said = await startOn(data);
    expect(said).toContain(`another server holds the data directory ${data}`);
    expect(said).toContain("--data");
    const id = await world.create("app-1");
    expect(await world.run(id)).toMatchObject({ state: "pending" });
  });

  it("written by a newer version: it says so, and leaves it as it is", async () => {
    const server = await world.startServer();
    const id = await world.create("app-1");
    await server.stop();
    const before = stampVersion(server.data, 999);
    const said = await startOn(server.data);
    expect(said).toContain("newer");
    stampVersion(server.data, before);
    await server.start();
    expect(await world.run(id)).toMatchObject({ state: "pending" });
  });
});

/** Writes the version of a database that nobody has open, and answers the one it had. */
function stampVersion(data: string, version: number): number {
  const file = openSync(join(data, "conveyor.db"), "r+");
  try {
    const bytes = Buffer.alloc(4);
    readSync(file, bytes, 0, 4, USER_VERSION_AT);
    const before = bytes.readUInt32BE();
    bytes.writeUInt32BE(version);
    writeSync(file, bytes, 0, 4, USER_VERSION_AT);
    return before;
  } finally {
    closeSync(file);
  }
}
