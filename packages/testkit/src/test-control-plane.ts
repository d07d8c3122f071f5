/**
 * A control plane inside the test's process: everything of the server but its sockets and its disk,
 * with drivers beside it and a clock that the test moves.
 *
 * K1 No time passes but by `advance`: no timeout, no expiry, no deadline of the control plane.
 * K2 Work does not wait for time: what can go on goes on, in turns of the event loop.
 */
import { setTimeout as pause } from "node:timers/promises";
import { ApiError, type Client, createClient } from "@conveyor-ci/client";
import type {
  DefinitionBody,
  PipelineBody,
  ResourceBody,
  WireLogLine,
  WireRun,
} from "@conveyor-ci/contract";
import { isRunEnded, type Limits } from "@conveyor-ci/core";
import type { Driver } from "@conveyor-ci/driver";
import { type ControlPlaneOptions, createControlPlane } from "@conveyor-ci/server";
import { ManualClock, settled } from "./manual-clock.ts";
import { MemoryStorage } from "./memory-storage.ts";
import { TestInstance, type TestInstanceOptions } from "./test-instance.ts";

/** How long `run` and `eventually` wait: less than a test of Vitest or Jest may take. */
const WITHIN_MS = 4_000;
const LOOK_EVERY_MS = 2;
/** Any loopback name: requests do not leave the process. */
const SERVER = "http://127.0.0.1";

/** What a control plane for a test is made of; all may be left out. */
export interface TestControlPlaneOptions
  extends Pick<ControlPlaneOptions, "authenticate" | "routes"> {
  /** Each is connected with one instance that takes `create` and `update`. */
  readonly drivers?: readonly Driver[];
  /** The figures of leases and logs, where a test wants others than a server has. */
  readonly limits?: Partial<Limits>;
}

/** A control plane in a test; see `createTestControlPlane`. */
export interface TestControlPlane {
  /** The API, as programs use it; its requests stay in the process. Handlers get the same. */
  readonly client: Client;
  readonly clock: ManualClock;
  /** Makes or changes a definition; what `defineResource` answers is one. */
  define(definition: Pick<DefinitionBody, "name"> & { readonly schema: unknown }): Promise<void>;
  /** Makes or changes a pipeline. */
  pipeline(pipeline: PipelineBody): Promise<void>;
  /** Creates the resource, or changes the one of its name, and answers the id of the run. */
  apply(resource: ResourceBody): Promise<string>;
  /**
   * The run, when it has ended. Rejects with what it waits for when it does not within 4 s of real
   * time; the clock stands still meanwhile.
   */
  run(id: string): Promise<WireRun>;
  /** The lines of a run, in order, so far. */
  lines(id: string): Promise<readonly WireLogLine[]>;
  /** Lets time pass for timeouts, leases and deadlines, and what follows from it happen. */
  advance(byMs: number): Promise<void>;
  /** Connects an instance, beside those there are. */
  connect(driver: Driver, options?: TestInstanceOptions): Promise<TestInstance>;
  /** Ends handlers, instances and the control plane; idempotent. */
  stop(): Promise<void>;
  /** `await using plane = …` stops it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a control plane in this process, with these drivers connected to it. `reconcile` is called
 * as by `DriverManager`, with a logger, a signal and a client that work.
 *
 * @example
 * ```ts
 * const plane = await createTestControlPlane({ drivers: [driver] });
 * await plane.define({ name: "app", schema: { type: "object" } });
 * const id = await plane.apply({ name: "app-1", resource: "app", spec: {} });
 * const run = await plane.run(id);
 * ```
 */
export async function createTestControlPlane(
  options: TestControlPlaneOptions = {},
): Promise<TestControlPlane> {
  const { drivers = [], limits = {}, ...rest } = options;
  const clock = new ManualClock();
  const storage = new MemoryStorage({ now: () => clock.now() });
  const server = createControlPlane({ ...rest, storage, clock, limits, logLevel: "silent" });
  await server.start();
  const client = createClient({ server: SERVER, fetch: server.fetch });
  const instances: TestInstance[] = [];
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    for (const instance of instances) await instance.stop();
    await server.stop();
    await storage.close();
  };
  const plane: TestControlPlane = {
    client,
    clock,
    ...writing(client),
    run: (id) => endOf(client, id),
    async lines(id) {
      const lines: WireLogLine[] = [];
      for await (const line of client.logs.query({ runId: id })) lines.push(line);
      return lines;
    },
    advance: (byMs) => clock.advance(byMs),
    async connect(driver, more = {}) {
      const instance = new TestInstance(driver, {
        engine: server.engine,
        clock,
        client,
        limits,
        options: { instance: `${driver.name}-${instances.length + 1}`, ...more },
      });
      await instance.connect();
      instances.push(instance);
      return instance;
    },
    stop: () => (stopped ??= stop()),
    [Symbol.asyncDispose]: () => plane.stop(),
  };
  for (const driver of drivers) await plane.connect(driver);
  return plane;
}

/** What makes and changes; the rest of the API is `client`. */
function writing(client: Client): Pick<TestControlPlane, "define" | "pipeline" | "apply"> {
  return {
    async define({ name, schema }) {
      await client.definitions.apply({ name, schema: schema as DefinitionBody["schema"] });
    },
    async pipeline(pipeline) {
      await client.pipelines.apply(pipeline);
    },
    async apply({ resource: kind, name, ...body }) {
      const runId = await client.resources
        .create({ ...body, resource: kind, name })
        .then(({ runid }) => runid)
        .catch(async (error: unknown) => {
          if (!(error instanceof ApiError) || error.code !== "resource_exists") throw error;
          return (await client.resources.update({ kind, name }, body)).runId;
        });
      if (runId !== null) return runId;
      throw new Error(`${kind} ${name} is as it was, or no pipeline asks for it: there is no run`);
    },
  };
}

async function endOf(client: Client, id: string): Promise<WireRun> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    await settled();
    const run = await client.runs.get(id);
    if (isRunEnded(run.state)) return run;
    if (performance.now() > deadline) throw new Error(stillOf(run));
    await pause(LOOK_EVERY_MS);
  }
}

/** Says why a run has not ended. */
function stillOf({ id, state, steps, why }: WireRun): string {
  const reasons = [...why, ...steps.flatMap((step) => step.why ?? [])].map(
    ({ message }) => message,
  );
  const working = steps.filter((step) => step.state === "running" || step.state === "cancelling");
  for (const step of working) reasons.push(`reconcile of ${step.driver} has not returned`);
  const because = [...new Set(reasons)].join("; ");
  return `run ${id} is still ${state} after ${WITHIN_MS / 1_000} s: ${because}`;
}
