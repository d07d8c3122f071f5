/** Puts together what takes part in a chaos run, as far as this machine allows. */
import { createClient } from "@conveyor-ci/client";
import { canInjectFaults } from "../e2e/harness/faults.ts";
import type { Scope } from "../e2e/harness/scope.ts";
import { startServer } from "../e2e/harness/server-process.ts";
import { createShiftedDate } from "../e2e/harness/shifted-date.ts";
import { startTcpProxy } from "../e2e/harness/tcp-proxy.ts";
import { CHAOS_ENV, setUpPlatform } from "./chaos-platform.ts";
import { startDrivers } from "./drivers.ts";
import { createFollowers } from "./followers.ts";
import { createLoad } from "./load.ts";
import { createRandom } from "./random.ts";
import type { Stage } from "./stage.ts";
import { NETWORK_KINDS, type TroubleKind } from "./troubles/trouble-kinds.ts";

/** How much longer than a trouble the longest handlers work. */
const HANDLER_BEYOND_MS = 4_000;

export interface WantedStage extends Pick<Stage, "scope" | "troubles" | "longestMs"> {
  readonly seed: number;
  readonly journals: string;
}

/** Starts everything that takes part. */
export async function setStage(wanted: WantedStage): Promise<Stage> {
  const { seed, scope, longestMs, journals } = wanted;
  const random = createRandom(seed);
  const troubles = await possible(scope, wanted.troubles);
  const hasLines = troubles.some((kind) => NETWORK_KINDS.has(kind));
  const isLong = troubles.some((kind) => kind !== "kill");
  const clocks = troubles.includes("clock")
    ? {
        server: createShiftedDate(scope.directory, "server"),
        driver: createShiftedDate(scope.directory, "drivers"),
      }
    : null;
  const server = await startServer(scope, clocks === null ? {} : { env: clocks.server.env });
  const client = createClient({ server: server.url });
  await setUpPlatform(client);
  const readersLine = hasLines ? await startTcpProxy(scope, server.url) : null;
  const env = {
    ...clocks?.driver.env,
    [CHAOS_ENV.longestMs]: String(isLong ? longestMs + HANDLER_BEYOND_MS : 0),
  };
  return {
    scope,
    random,
    troubles,
    longestMs,
    server,
    client,
    drivers: await startDrivers({ scope, server: server.url, journals, random, hasLines, env }),
    // How often the clients draw is up to their pace, so they do not draw from the seed's own row.
    load: createLoad(server.url, createRandom(seed + 1)),
    followers: createFollowers(scope, readersLine?.url ?? server.url),
    readersLine,
    clocks,
    deck: [],
    inTrouble: new Map(),
    underWay: new Set(),
    silences: [],
    readsWhileFull: { tried: 0, failures: [] },
  };
}

/** Those of the troubles that this machine allows. */
async function possible(
  scope: Scope,
  wanted: WantedStage["troubles"],
): Promise<WantedStage["troubles"]> {
  const onDisk = (kind: TroubleKind): boolean => kind === "slow-disk" || kind === "full-disk";
  if (!wanted.some(onDisk) || (await canInjectFaults(scope))) return wanted;
  const [first, ...others] = wanted.filter((kind) => !onDisk(kind));
  console.warn("strace cannot trace here: the disk is left alone");
  return first === undefined ? ["kill"] : [first, ...others];
}
