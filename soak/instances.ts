/**
 * The driver instances of a soak, each a process.
 *
 * I1 The first of each driver lives as long as the soak; what is measured of drivers is measured there.
 *    Its connections are cut now and then.
 * I2 The second of each driver ends again and again, in one of three ways, and comes back.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Child } from "../e2e/harness/child.ts";
import { startDriverProcess } from "../e2e/harness/driver-process.ts";
import type { Scope } from "../e2e/harness/scope.ts";
import { type Gate, openGate } from "./gate.ts";
import { DRIVERS, type DriverName, type HandlerReport, SOAK_ENV } from "./soak-platform.ts";

export interface Instances {
  /** The process whose figures are recorded (I1). */
  readonly measuredPid: number;
  readonly pids: readonly number[];
  readonly counts: { cuts: number; ends: number };
  /** Breaks the connections of the lasting instances (I1). */
  cut(): void;
  /** Ends the next passing instance and brings it back (I2). */
  endOne(): Promise<void>;
  stop(): Promise<void>;
}

export interface InstancesOptions {
  readonly scope: Scope;
  readonly serverPort: number;
  readonly onReport: (report: HandlerReport) => void;
}

/**
 * Away for a moment; away for longer than its leases wait for it (10 s); and stopped as a deployment
 * does it.
 */
const WAYS = [
  { signal: "SIGKILL", awayMs: 500 },
  { signal: "SIGTERM", awayMs: 1_000 },
  { signal: "SIGKILL", awayMs: 13_000 },
] as const;

export async function startInstances(options: InstancesOptions): Promise<Instances> {
  const { scope, serverPort, onReport } = options;
  const gate = await openGate(scope, serverPort);
  const counts = { cuts: 0, ends: 0 };
  const start = (driver: DriverName, number: 1 | 2): Promise<Child> =>
    startDriverProcess(scope, {
      isApart: true,
      fixture: "soak/fixtures/soak-driver.ts",
      server: serverOf(number, { gate, serverPort }),
      env: { [SOAK_ENV.driver]: driver, [SOAK_ENV.instance]: `${driver}-${number}` },
      onMessage: (message) => onReport(message as HandlerReport),
    });
  const lasting: Child[] = [];
  const passing = new Map<DriverName, Child>();
  for (const driver of DRIVERS) {
    lasting.push(await start(driver, 1));
    passing.set(driver, await start(driver, 2));
  }
  const all = (): readonly Child[] => [...lasting, ...passing.values()];
  const [measured] = lasting;
  if (measured === undefined) throw new Error("there are drivers");
  return {
    measuredPid: measured.pid,
    get pids() {
      return all().flatMap(({ pid, isRunning }) => (isRunning ? [pid] : []));
    },
    counts,
    cut() {
      counts.cuts += 1;
      gate.cut();
    },
    async endOne() {
      const driver = DRIVERS[counts.ends % DRIVERS.length] ?? DRIVERS[0];
      const way = WAYS[counts.ends % WAYS.length] ?? WAYS[0];
      counts.ends += 1;
      const child = passing.get(driver);
      child?.signal(way.signal);
      await child?.exit;
      await pause(way.awayMs);
      passing.set(driver, await start(driver, 2));
    },
    async stop() {
      for (const child of all()) child.signal("SIGTERM");
      for (const child of all()) await child.exit;
    },
  };
}

function serverOf(
  number: 1 | 2,
  { gate, serverPort }: { readonly gate: Gate; readonly serverPort: number },
): string {
  return number === 1 ? gate.url : `http://127.0.0.1:${serverPort}`;
}
