import type { WireDriver } from "@conveyor-ci/contract";
import { leaseCount } from "@conveyor-ci/core";
import type { DriverDetails } from "@conveyor-ci/engine";
import { viewTime } from "./time.ts";

export function viewDriver({ driver, sessions, queued, lagMs }: DriverDetails): WireDriver {
  return {
    name: driver.name,
    resources: driver.resources,
    events: driver.events,
    firstSeenAt: viewTime(driver.firstSeenAt),
    lastSeenAt: viewTime(driver.lastSeenAt),
    queued,
    instances: sessions.map((session) => ({
      instance: session.instance,
      connected: session.connected,
      draining: session.draining,
      concurrency: session.concurrency,
      running: leaseCount(session),
      connectedAt: viewTime(session.connectedAt),
      lastSeenAt: viewTime(session.lastSeenAt),
      lagMs: lagMs.get(session.instance) ?? null,
    })),
  };
}
