/** A side with everything that most rows need: server, driver, watch, one connection. */
import type { Child } from "./child.ts";
import type { Measured } from "./figure.ts";
import { bodyOf, create, keepBusy, openConnections } from "./load/creates.ts";
import { HttpConnection } from "./load/http-connection.ts";
import { type RunEnd, RunWatch } from "./load/run-watch.ts";
import type { Settings, Stage } from "./row.ts";
import { type Server, type SideName, setUp, startDriver, startServer } from "./side.ts";
import type { WorkloadReport } from "./workload.ts";

/** Runs that are under way at a time, and clients that create. */
export const IN_FLIGHT = 64;

/** What code runs before it counts, so that it is compiled. */
const WARM_UP_MS = 2_000;
const QUICK_WARM_UP_MS = 700;

type Report<K extends ReportOfRun> = Extract<WorkloadReport, { readonly kind: K }>;
/** What is told of one run. */
type ReportOfRun = "called" | "aborted" | "logged";

export interface Exchange {
  readonly server: Server;
  readonly driver: Child;
  readonly watch: RunWatch;
  readonly connection: HttpConnection;
  /** What the driver told of a run; each is asked for once. */
  reported<K extends ReportOfRun>(kind: K, run: string): Promise<Report<K>>;
  close(): Promise<void>;
}

export async function openExchange(
  side: SideName,
  settings: Settings,
  { probe = true } = {},
): Promise<Exchange> {
  const server = await startServer(side, { ...settings, probe });
  let driver: Child | undefined;
  try {
    await setUp(server);
    driver = await startDriver(server);
    return await connectExchange(server, { driver, after: 0 });
  } catch (error) {
    await driver?.stop("SIGKILL");
    await server.stop();
    throw error;
  }
}

/** With a driver that is connected; `after`: the position in the feed to watch from. */
export async function connectExchange(
  server: Server,
  { driver, after }: { readonly driver: Child; readonly after: number },
): Promise<Exchange> {
  const watch = await RunWatch.open(server.url, after);
  const connection = new HttpConnection(server.url);
  const reports = createReports(driver);
  return {
    server,
    driver,
    watch,
    connection,
    reported: <K extends ReportOfRun>(kind: K, run: string) =>
      Promise.race([reports(`${kind} ${run}`), driver.failed]) as Promise<Report<K>>,
    async close() {
      watch.close();
      connection.close();
      await driver.stop("SIGKILL");
      await server.stop();
    },
  };
}

/** Reports by kind and run, as `called RUN`. */
export function createReports(driver: Child): (key: string) => Promise<WorkloadReport> {
  const told = new Map<string, WorkloadReport>();
  const waiting = new Map<string, (report: WorkloadReport) => void>();
  driver.onMessage((message) => {
    const report = message as WorkloadReport;
    const key = "run" in report ? `${report.kind} ${report.run}` : report.kind;
    const resolve = waiting.get(key);
    if (resolve === undefined) told.set(key, report);
    else resolve(report);
    waiting.delete(key);
  });
  return (key) => {
    const report = told.get(key);
    told.delete(key);
    if (report !== undefined) return Promise.resolve(report);
    return new Promise((resolve) => waiting.set(key, resolve));
  };
}

export function assertEnded(run: string, end: RunEnd, as: string): void {
  if (end.state !== as) throw new Error(`run ${run} ended as ${end.state}, not as ${as}`);
}

/** Makes no-op runs, `IN_FLIGHT` at a time, each until it is told that it succeeded. */
export async function makeRuns(
  { server, watch, driver }: Exchange,
  forMs: number,
): Promise<{ readonly count: number; readonly seconds: number }> {
  const connections = openConnections(server.url, IN_FLIGHT);
  const each = async (connection: HttpConnection): Promise<void> => {
    const { runid } = await create(connection, bodyOf("plain", { do: "nothing" }));
    assertEnded(runid, await watch.ended(runid), "succeeded");
  };
  const busy = keepBusy(connections, { forMs, each });
  const done = await Promise.race([busy, server.child.failed, driver.failed]);
  for (const connection of connections) connection.close();
  return done;
}

/** Fails unless the server has made a run for every create that it answered. */
export async function assertRunsMade(server: Server, count: number): Promise<void> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const made = Number(/^conveyor_runs_created_total (\d+)$/m.exec(text)?.[1]);
  if (made !== count) throw new Error(`${count} creates were answered, ${made} runs were made`);
}

/** A stage that measures one exchange after the code was warmed up with runs. */
export async function openStage(
  { side, settings }: { readonly side: SideName; readonly settings: Settings },
  sample: (exchange: Exchange) => Promise<Readonly<Record<string, Measured>>>,
): Promise<Stage> {
  const exchange = await openExchange(side, settings);
  try {
    await makeRuns(exchange, settings.quick ? QUICK_WARM_UP_MS : WARM_UP_MS);
  } catch (error) {
    await exchange.close();
    throw error;
  }
  return {
    sample: () => sample(exchange),
    loopDelay: () => exchange.server.loopDelay(),
    close: () => exchange.close(),
  };
}
