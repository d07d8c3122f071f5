/** A process that stands still for a while (SIGSTOP), as on a machine that is short of everything. */
import { setTimeout as pause } from "node:timers/promises";
import { durationMs, secondsOf, type TroubleMaker } from "./trouble.ts";

const SERVER_SHARE = 0.3;

export const stop: TroubleMaker = (stage) => {
  const { random, server, drivers, inTrouble } = stage;
  const ms = durationMs(stage);
  const isServer = random.chance(SERVER_SHARE);
  const instance = random.pick(drivers.instances);
  const victim = isServer ? "server" : "driver";
  if (inTrouble.has(victim)) return null;
  const process = isServer ? server : instance.process;
  return {
    victim,
    pid: process.pid,
    instance: isServer ? null : instance.name,
    what: `stands still for ${secondsOf(ms)}`,
    isLasting: true,
    isSilence: !isServer,
    async carryOut() {
      process.signal("SIGSTOP");
      await pause(ms);
      process.signal("SIGCONT");
    },
  };
};
