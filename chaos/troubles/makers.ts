/** Who makes which trouble. */
import { clock } from "./clock.ts";
import { fullDisk, slowDisk } from "./disk.ts";
import { kill } from "./kill.ts";
import { halfOpen, partition, reset, trickle } from "./network.ts";
import { stop } from "./stop.ts";
import type { TroubleMaker } from "./trouble.ts";
import type { TroubleKind } from "./trouble-kinds.ts";

export const MAKERS: Readonly<Record<TroubleKind, TroubleMaker>> = {
  kill,
  partition,
  "half-open": halfOpen,
  reset,
  trickle,
  "slow-disk": slowDisk,
  "full-disk": fullDisk,
  clock,
  stop,
};
