/**
 * What a history is like: who is there, what they do, and which faults there are. Each history has
 * some of the faults only, so that those that would hide others are absent in many.
 */
import type { EventName } from "@conveyor-ci/core";
import type { Random } from "../chaos/random.ts";

export const KINDS = ["app", "site"] as const;
export const RESOURCE_NAMES = ["one", "two"] as const;
export const DRIVERS = ["builder", "deployer", "tester"] as const;
/** Named by a pipeline, and absent until the end. */
export const LATE_DRIVER = "latecomer";
export const PIPELINES = ["line", "graph"] as const;

export interface InstanceShape {
  readonly driver: string;
  readonly name: string;
  readonly resources: readonly string[];
  readonly events: readonly EventName[];
  readonly concurrency: number;
}

/** Faults, as chances for each occasion or as counts over the history. */
export interface FaultShape {
  readonly serverCrashes: number;
  readonly serverStops: number;
  readonly serverPauses: number;
  readonly instanceCrashes: number;
  /** Crashes after which nobody starts the instance again. */
  readonly instanceLosses: number;
  readonly instanceStops: number;
  readonly instancePauses: number;
  readonly cuts: number;
  readonly partitions: number;
  readonly slowDisk: number;
  readonly failingDisk: number;
  readonly lostNotices: number;
  readonly lateNotices: number;
  readonly lostRequests: number;
}

export interface Shape {
  readonly instances: readonly InstanceShape[];
  readonly clients: number;
  readonly operations: number;
  readonly readers: number;
  /** How long faults and clients are at it. */
  readonly stormMs: number;
  readonly faults: FaultShape;
  /** The longest a handler takes that is not stubborn. */
  readonly handlerMs: number;
  /** Chance that a handler goes on after it was told to stop. */
  readonly stubborn: number;
  readonly failing: number;
}

const EVENTS: readonly [readonly EventName[], ...(readonly EventName[])[]] = [
  ["create", "update"],
  ["create", "update", "delete"],
  ["update"],
];

export function createShape(random: Random): Shape {
  const stormMs = random.pick([2_000, 2_000, 5_000, 5_000, 12_000, 12_000, 30_000, 45_000]);
  return {
    instances: instancesOf(random),
    clients: random.integer(1, 3),
    operations: random.integer(2, 9),
    readers: random.integer(0, 3),
    stormMs,
    faults: faultsOf(random),
    handlerMs: random.pick([200, 2_000, 12_000, 40_000]),
    stubborn: random.pick([0, 0, 0.2]),
    failing: random.pick([0, 0.15]),
  };
}

function instancesOf(random: Random): readonly InstanceShape[] {
  const only = random.chance(0.5) ? random.pick(DRIVERS) : null;
  return Array.from({ length: random.integer(1, 4) }, (_, index) => {
    const driver = only ?? random.pick(DRIVERS);
    return {
      driver,
      name: `${driver}-${index}`,
      resources: random.chance(0.7) ? KINDS : [random.pick(KINDS)],
      events: random.pick(EVENTS),
      concurrency: random.integer(1, 3),
    };
  });
}

function faultsOf(random: Random): FaultShape {
  const some = (chance: number, most: number): number =>
    random.chance(chance) ? random.integer(1, most) : 0;
  const share = (chance: number, most: number): number =>
    random.chance(chance) ? random.next() * most : 0;
  return {
    serverCrashes: some(0.45, 3),
    serverStops: some(0.15, 2),
    serverPauses: some(0.1, 1),
    instanceCrashes: some(0.4, 4),
    instanceLosses: some(0.2, 2),
    instanceStops: some(0.15, 2),
    instancePauses: some(0.15, 2),
    cuts: some(0.4, 5),
    partitions: some(0.25, 2),
    slowDisk: share(0.25, 0.2),
    failingDisk: share(0.2, 0.15),
    lostNotices: share(0.2, 0.3),
    lateNotices: share(0.2, 0.5),
    lostRequests: share(0.2, 0.3),
  };
}
