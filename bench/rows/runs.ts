/** Throughput: no-op runs from create to told end, and creates that nobody takes up yet. */
import { assertRunsMade, IN_FLIGHT, makeRuns, openStage } from "../exchange-stage.ts";
import type { Measured } from "../figure.ts";
import { bodyOf, create, keepBusy, openConnections } from "../load/creates.ts";
import type { HttpConnection } from "../load/http-connection.ts";
import type { Row, Settings } from "../row.ts";
import { cpuMs, type Server, setUp, startDriver, startServer } from "../side.ts";

const LOAD_MS = 4_000;
const QUICK_LOAD_MS = 2_000;

const loadMs = ({ quick }: Settings): number => (quick ? QUICK_LOAD_MS : LOAD_MS);

export const runsRow: Row = {
  name: "runs",
  figures: [
    {
      id: "runs",
      title: `no-op runs end to end, ${IN_FLIGHT} in flight`,
      unit: "/s",
      target: { kind: "ratioAtLeast", bound: 0.7 },
    },
    { id: "runs-cpu", title: "  CPU of the server, each", unit: "µs", target: { kind: "none" } },
    { id: "runs-driver", title: "  CPU of the driver, each", unit: "µs", target: { kind: "none" } },
  ],
  open: (side, settings) =>
    openStage({ side, settings }, async (exchange) => {
      const { server, driver } = exchange;
      const [before, driverBefore] = [cpuMs(server.child), cpuMs(driver)];
      const done = await makeRuns(exchange, loadMs(settings));
      const driverMs = cpuMs(driver) - driverBefore;
      return {
        ...rates("runs", { ...done, cpuMs: cpuMs(server.child) - before }),
        "runs-driver": { kind: "single", value: (driverMs * 1_000) / done.count },
      };
    }),
};

/** A rate, and beside it what a noisy machine falsifies less: the time of the processor. */
function rates(
  id: string,
  { count, seconds, cpuMs }: { count: number; seconds: number; cpuMs: number },
): Readonly<Record<string, Measured>> {
  return {
    [id]: { kind: "single", value: count / seconds },
    [`${id}-cpu`]: { kind: "single", value: (cpuMs * 1_000) / count },
  };
}

/** The driver has connected once, so that every run has its step run, and is gone. */
async function openWithoutDriver(side: Server["side"], settings: Settings): Promise<Server> {
  const server = await startServer(side, { ...settings, probe: true });
  try {
    await setUp(server);
    const driver = await startDriver(server);
    await driver.stop("SIGTERM");
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function makeCreates(server: Server, forMs: number) {
  const connections = openConnections(server.url, IN_FLIGHT);
  const each = async (connection: HttpConnection): Promise<void> => {
    await create(connection, bodyOf("plain", { do: "nothing" }));
  };
  const done = await Promise.race([keepBusy(connections, { forMs, each }), server.child.failed]);
  for (const connection of connections) connection.close();
  return done;
}

export const createsRow: Row = {
  name: "creates",
  figures: [
    {
      id: "creates",
      title: `creates, ${IN_FLIGHT} clients, the driver away`,
      unit: "/s",
      target: { kind: "ratioAtLeast", bound: 0.7 },
    },
    { id: "creates-cpu", title: "  CPU of the server, each", unit: "µs", target: { kind: "none" } },
  ],
  async open(side, settings) {
    const server = await openWithoutDriver(side, settings);
    let total = (await makeCreates(server, loadMs(settings) / 3)).count;
    return {
      async sample() {
        const before = cpuMs(server.child);
        const done = await makeCreates(server, loadMs(settings));
        const spentMs = cpuMs(server.child) - before;
        total += done.count;
        await assertRunsMade(server, total);
        return rates("creates", { ...done, cpuMs: spentMs });
      },
      loopDelay: () => server.loopDelay(),
      close: () => server.stop(),
    };
  },
};
