import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { findLeftovers } from "./harness/leftovers.ts";
import { ROOT } from "./harness/root.ts";
import { createScope, type Scope } from "./harness/scope.ts";
import { STOP_WITHIN_MS, startServer } from "./harness/server-process.ts";

const COMMAND = join(ROOT, "packages/cli/dist/main.js");
const APP = `
kind: ResourceDefinition
name: app
schema: { type: object }
---
kind: Resource
resource: app
name: one
spec: {}
`;

describe("whoever started something can end it", () => {
  let scope: Scope;
  beforeEach(() => {
    scope = createScope("signals");
  });
  afterEach(() => scope.close());

  const gone = () =>
    eventually(() => findLeftovers(scope.mark).length === 0, { withinMs: STOP_WITHIN_MS });

  /** npm with a cache of its own: others may be at work beside it. */
  const npm = (...args: readonly string[]) =>
    scope.start({
      command: ["npm", ...args],
      cwd: ROOT,
      env: {
        npm_config_update_notifier: "false",
        npm_config_cache: join(scope.directory, "npm"),
        CONVEYOR_DATA: join(scope.directory, "data"),
      },
    });

  it.each(["SIGINT", "SIGTERM"] as const)("npm start, by %s to npm alone", async (signal) => {
    const child = npm("start", "--", "--port", "0");
    await child.line(/^Ctrl-C stops everything; the data stays\.$/, 60_000);
    expect(child.lines.join("\n")).toMatch(/^succeeded: /m);
    child.signal(signal);
    expect(await child.exit).toEqual({ code: 0, signal: null });
    expect(findLeftovers(scope.mark)).toEqual([]);
  });

  it("npx conveyor up, by SIGTERM to npx alone", async () => {
    const child = npm("exec", "--offline", "--", "conveyor", "up", "--port", "0");
    await child.line(/^listening on http:/);
    child.signal("SIGTERM");
    await child.exit;
    await gone();
  });

  it.each(["SIGINT", "SIGTERM"] as const)("what follows, by %s", async (signal) => {
    const server = await startServer(scope);
    const file = join(scope.directory, "app.yaml");
    writeFileSync(file, APP);
    const env = { CONVEYOR_SERVER: server.url };
    const start = (...args: readonly string[]) =>
      scope.start({ command: ["node", COMMAND, ...args], env });
    // Nobody carries the run out, so that all of them go on until they are told to stop.
    const apply = start("apply", "-f", file, "--follow");
    const [, run = ""] = await apply.line(/^app\/one created \(run (\S+)\)$/);
    const changes = start("changes", "-f");
    await changes.line(new RegExp(`pending run ${run}`));
    const logs = start("logs", "-f", run, "--timestamps");
    await eventually(() => findLeftovers(scope.mark).length === 4);
    for (const child of [apply, changes, logs]) {
      child.signal(signal);
      expect(await child.exit).toEqual({ code: null, signal });
    }
    expect(logs.lines).toEqual([]);
    expect((await server.stop()).code).toBe(0);
  });
});
