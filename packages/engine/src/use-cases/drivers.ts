/** Drivers and their instances, as those who watch them see them. */
import type { Driver, Session } from "@conveyor-ci/core";
import type { DriverDetails, Engine } from "../engine.ts";
import type { QueueDepth } from "../ports/index.ts";
import { type EngineContext, loadOne, missing } from "./context.ts";
import { suggesting } from "./suggesting.ts";

type DriverUseCases = Pick<Engine, "getDriver" | "listDrivers" | "forgetDriver">;

/** Topics that are counted at most. */
const MAX_TOPICS = 10_000;
const ALL = Number.MAX_SAFE_INTEGER;

/** Decisions that forgetting one driver may take. */
const MAX_FORGETS = 100_000;

export function driverUseCases(context: EngineContext): DriverUseCases {
  const { ns, storage, submit } = context;
  const detailsOf = (
    driver: Driver,
    of: { readonly sessions: readonly Session[]; readonly queues: readonly QueueDepth[] },
  ): DriverDetails => {
    const sessions = of.sessions.filter((session) => session.driver === driver.name);
    const queued = of.queues
      .filter((queue) => queue.driver === driver.name)
      .reduce((sum, queue) => sum + queue.depth, 0);
    const lagMs = new Map<string, number>();
    for (const { id, instance } of sessions) {
      const connected = context.dispatcher.find(id);
      if (connected !== undefined) lagMs.set(instance, connected.lagMs);
    }
    return { driver, sessions, queued, lagMs };
  };
  return {
    getDriver: async (name) => {
      const driver = await suggesting(context, { driver: name }, driverOf(context, name));
      const sessions = await storage.sessions({ ns, driver: name });
      return detailsOf(driver, {
        sessions,
        queues: await storage.queueDepths({ ns, driver: name, limit: MAX_TOPICS, upTo: ALL }),
      });
    },
    listDrivers: async (page) => {
      const drivers = await storage.drivers({ ns, ...page });
      const sessions = await storage.sessions({ ns, driver: null });
      const queues = await storage.queueDepths({ ns, driver: null, limit: MAX_TOPICS, upTo: ALL });
      return drivers.map((driver) => detailsOf(driver, { sessions, queues }));
    },
    forgetDriver: async (by, name) => {
      const command = { kind: "forgetDriver", ns, actor: by.name, name } as const;
      const forget = async (): Promise<void> => {
        for (let turn = 0; turn < MAX_FORGETS && (await submit(command)).more; turn += 1);
      };
      await suggesting(context, { driver: name }, forget());
    },
  };
}

async function driverOf(context: EngineContext, name: string): Promise<Driver> {
  return (
    (await loadOne(context, context.keys.driver(name))) ??
    missing("driver_not_found", `no driver named ${name} has ever connected`)
  );
}
