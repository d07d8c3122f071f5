/** The wall clock jumps an hour, and back again. */
import { setTimeout as pause } from "node:timers/promises";
import { durationMs, secondsOf, type TroubleMaker } from "./trouble.ts";

const HOUR_MS = 3_600_000;

export const clock: TroubleMaker = (stage) => {
  const { random, clocks, server, inTrouble } = stage;
  const ms = durationMs(stage);
  const who = random.pick(["server", "driver"] as const);
  const jump = random.pick([HOUR_MS, -HOUR_MS]);
  if (clocks === null || inTrouble.has(who)) return null;
  return {
    victim: who,
    pid: who === "server" ? server.pid : null,
    instance: null,
    what: `the wall clock is put ${jump > 0 ? "forward" : "back"} an hour for ${secondsOf(ms)}`,
    isLasting: true,
    isSilence: false,
    async carryOut() {
      clocks[who].shift(jump);
      await pause(ms);
      clocks[who].shift(0);
    },
  };
};
