/** The driver instances of a chaos run, each a process; what is killed comes back. */
import type { Child } from "../e2e/harness/child.ts";
import { startDriverProcess } from "../e2e/harness/driver-process.ts";
import type { Scope } from "../e2e/harness/scope.ts";
import { startTcpProxy, type TcpProxy } from "../e2e/harness/tcp-proxy.ts";
import { CHAOS_ENV, CONCURRENCY, DRIVERS } from "./chaos-platform.ts";
import type { Random } from "./random.ts";

export interface Instance {
  readonly driver: string;
  readonly name: string;
  readonly pid: number;
  /** Handlers at work, as the process said last. */
  readonly atWork: number;
  /** The process that runs now. */
  readonly process: Pick<Child, "pid" | "signal">;
  /** Its way to the server; null: it has none of its own. */
  readonly line: TcpProxy | null;
  kill(): Promise<void>;
  /** In a new process, under the same name or another. */
  restart(as: "same" | "other"): Promise<void>;
}

export interface Drivers {
  readonly instances: readonly [Instance, ...Instance[]];
  readonly atWork: number;
  stop(): Promise<void>;
}

/** Of each driver, so that instances share work. */
const INSTANCES_EACH = 2;

export interface DriversOptions {
  readonly scope: Scope;
  readonly server: string;
  readonly journals: string;
  readonly random: Random;
  /** Whether each instance gets a line of its own. */
  readonly hasLines: boolean;
  readonly env: Readonly<Record<string, string>>;
}

export async function startDrivers(options: DriversOptions): Promise<Drivers> {
  const instances: LiveInstance[] = [];
  for (const driver of DRIVERS) {
    for (let number = 1; number <= INSTANCES_EACH; number += 1) {
      instances.push(await startInstance(options, { driver, number }));
    }
  }
  const [first, ...others] = instances;
  if (first === undefined) throw new Error("there are drivers");
  return {
    instances: [first, ...others],
    get atWork() {
      return instances.reduce((sum, { atWork }) => sum + atWork, 0);
    },
    async stop() {
      for (const instance of instances) instance.child.signal("SIGTERM");
      for (const { child } of instances) await child.exit;
    },
  };
}

interface LiveInstance extends Instance {
  readonly child: Child;
}

async function startInstance(
  { scope, server, journals, random, hasLines, env }: DriversOptions,
  of: { readonly driver: string; readonly number: number },
): Promise<LiveInstance> {
  let name = `${of.driver}-${of.number}`;
  let names = 1;
  let atWork = 0;
  const line = hasLines ? await startTcpProxy(scope, server) : null;
  const start = (): Promise<Child> =>
    startDriverProcess(scope, {
      fixture: "chaos/fixtures/chaos-driver.ts",
      server: line?.url ?? server,
      env: {
        ...env,
        [CHAOS_ENV.driver]: of.driver,
        [CHAOS_ENV.instance]: name,
        [CHAOS_ENV.concurrency]: String(CONCURRENCY),
        [CHAOS_ENV.seed]: String(random.integer(1, 2 ** 31)),
        [CHAOS_ENV.journals]: journals,
      },
      onMessage: (message) => {
        atWork = (message as { atWork: number }).atWork;
      },
    });
  let child = await start();
  return {
    driver: of.driver,
    get name() {
      return name;
    },
    line,
    get process() {
      return child;
    },
    get child() {
      return child;
    },
    get pid() {
      return child.pid;
    },
    get atWork() {
      return atWork;
    },
    async kill() {
      await child.kill();
      atWork = 0;
    },
    async restart(as) {
      names += 1;
      if (as === "other") name = `${of.driver}-${of.number}.${names}`;
      child = await start();
    },
  };
}
