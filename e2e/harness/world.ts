/**
 * The world of one story: a control plane, driver instances and readers, all of them real, all of
 * them gone when the test ends. What the server answers to the story is held against its description.
 */
import { join } from "node:path";
import { type Client, createClient } from "@conveyor-ci/client";
import type { WireLogLine, WireRun } from "@conveyor-ci/contract";
import { isRunEnded } from "@conveyor-ci/core";
import { afterEach, beforeEach, expect, onTestFailed } from "vitest";
import { checkedFetch } from "./checked-fetch.ts";
import type { Child } from "./child.ts";
import { startDriverProcess } from "./driver-process.ts";
import { eventually } from "./eventually.ts";
import { createScope, type Scope } from "./scope.ts";
import { KIND, SCRIPTED_ENV, type Script } from "./script.ts";
import { type ServerOptions, type ServerProcess, startServer } from "./server-process.ts";
import { createStage, type Stage } from "./stage.ts";

const SCRIPTED_DRIVER = "e2e/fixtures/scripted-driver.ts";

export interface ScriptedDriver {
  readonly name: string;
  readonly instance?: string;
  readonly resources?: readonly string[];
  readonly events?: readonly string[];
  readonly concurrency?: number;
  /** Where the server is reached, if not at its own address. */
  readonly server?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface World {
  readonly scope: Scope;
  readonly stage: Stage;
  readonly server: ServerProcess;
  readonly client: Client;
  /** Starts the control plane and defines the kind `work`. */
  startServer(options?: ServerOptions): Promise<ServerProcess>;
  /** Starts an instance of a scripted driver and waits until it is connected. */
  startDriver(driver: ScriptedDriver): Promise<Child>;
  /** Starts it, and lets it connect when it can. */
  launchDriver(driver: ScriptedDriver): Promise<Child>;
  /** Creates a resource whose handlers do what the script says, and answers its run. */
  create(name: string, script?: Script, more?: { readonly pipeline?: string }): Promise<string>;
  run(id: string): Promise<WireRun>;
  /** The run, when it has ended. */
  ended(id: string, withinMs?: number): Promise<WireRun>;
  /** All stored lines of a run. */
  lines(run: string): Promise<readonly WireLogLine[]>;
}

/** Gives each test of the file a world of its own. */
export function useWorld(name: string): World {
  let scope: Scope | undefined;
  let stage: Stage | undefined;
  let server: ServerProcess | undefined;
  let client: Client | undefined;
  const complaints: string[] = [];
  const made = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error("the world begins with startServer");
    return thing;
  };
  beforeEach(() => {
    const fresh = createScope(name);
    scope = fresh;
    stage = createStage(join(fresh.directory, "stage"));
    onTestFailed(() => {
      if (server !== undefined) console.error(`server:\n${server.lines.slice(-40).join("\n")}`);
    });
  });
  afterEach(async () => {
    await made(scope).close();
    server = undefined;
    client = undefined;
    expect(complaints.splice(0), "answers that are not as described").toEqual([]);
  });
  const world: World = {
    get scope() {
      return made(scope);
    },
    get stage() {
      return made(stage);
    },
    get server() {
      return made(server);
    },
    get client() {
      return made(client);
    },
    async startServer(options) {
      server = await startServer(made(scope), options);
      client = createClient({ server: server.url, fetch: checkedFetch(complaints) });
      await client.definitions.apply({ name: KIND, schema: { type: "object" } });
      return server;
    },
    launchDriver: (driver) => launchDriver(world, driver),
    async startDriver(driver) {
      const child = await launchDriver(world, driver);
      await connected(world, driver, child);
      return child;
    },
    async create(name, script, more) {
      const spec = script === undefined ? {} : { script };
      const { runid } = await world.client.resources.create({
        name,
        resource: KIND,
        spec,
        ...more,
      });
      if (runid === null) throw new Error(`${name} made no run`);
      return runid;
    },
    run: (id) => world.client.runs.get(id),
    ended: (id, withinMs = 20_000) =>
      eventually(
        async () => {
          const run = await world.run(id);
          return isRunEnded(run.state) ? run : Promise.reject(new Error(JSON.stringify(run)));
        },
        { withinMs, what: `the end of run ${id}` },
      ),
    async lines(run) {
      const lines: WireLogLine[] = [];
      for await (const line of world.client.logs.query({ runId: run })) lines.push(line);
      return lines;
    },
  };
  return world;
}

function launchDriver(world: World, driver: ScriptedDriver): Promise<Child> {
  const env: Record<string, string> = {
    ...driver.env,
    [SCRIPTED_ENV.name]: driver.name,
    [SCRIPTED_ENV.stage]: world.stage.directory,
  };
  if (driver.resources) env[SCRIPTED_ENV.resources] = driver.resources.join(",");
  if (driver.events) env[SCRIPTED_ENV.events] = driver.events.join(",");
  if (driver.instance) env[SCRIPTED_ENV.instance] = driver.instance;
  if (driver.concurrency) env[SCRIPTED_ENV.concurrency] = String(driver.concurrency);
  return startDriverProcess(world.scope, {
    fixture: SCRIPTED_DRIVER,
    server: driver.server ?? world.server.url,
    env,
  });
}

/** By its process id where the instance has no name of its own. */
async function connected(world: World, driver: ScriptedDriver, child: Child): Promise<void> {
  const isSame = (instance: string) =>
    driver.instance === undefined
      ? instance.includes(String(child.pid))
      : instance === driver.instance;
  await eventually(
    async () => {
      if (!child.isRunning) throw new Error(`the driver ended:\n${child.lines.join("\n")}`);
      const { instances } = await world.client.drivers.get(driver.name);
      return instances.some((one) => one.connected && isSame(one.instance));
    },
    { withinMs: 10_000, what: `driver ${driver.name} connects` },
  );
}
