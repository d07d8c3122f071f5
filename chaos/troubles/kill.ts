/** `kill -9`, and a new process after a while. */
import { setTimeout as pause } from "node:timers/promises";
import type { TroubleMaker } from "./trouble.ts";
import type { TroubleKind } from "./trouble-kinds.ts";

const SERVER_SHARE = 0.5;
const SAME_NAME_SHARE = 0.75;
const LONGEST_DOWN_MS = 300;

/** A server that starts believes the wall clock, and has room: such a trouble would not be one any more. */
const SPARING: ReadonlySet<TroubleKind> = new Set(["clock", "full-disk"]);

export const kill: TroubleMaker = ({ random, server, drivers, inTrouble }) => {
  const isServer = random.chance(SERVER_SHARE);
  const instance = random.pick(drivers.instances);
  const isSameName = random.chance(SAME_NAME_SHARE);
  const downMs = random.integer(0, LONGEST_DOWN_MS);
  const shared = { isLasting: false, isSilence: false } as const;
  if (isServer) {
    const trouble = inTrouble.get("server");
    if (trouble !== undefined && SPARING.has(trouble)) return null;
    return {
      ...shared,
      victim: "server",
      pid: server.pid,
      instance: null,
      what: `down for ${downMs} ms`,
      async carryOut() {
        await server.kill();
        await pause(downMs);
        await server.start();
      },
    };
  }
  return {
    ...shared,
    victim: "driver",
    pid: instance.pid,
    instance: instance.name,
    what: `back after ${downMs} ms under ${isSameName ? "the same name" : "another name"}`,
    async carryOut() {
      await instance.kill();
      await pause(downMs);
      await instance.restart(isSameName ? "same" : "other");
    },
  };
};
