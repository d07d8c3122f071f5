/** What networks do: swallow, fall silent in one direction, reset in mid-frame, deliver in crumbs. */
import { setTimeout as pause } from "node:timers/promises";
import type { Direction, TcpProxy } from "../../e2e/harness/tcp-proxy.ts";
import { createRandom } from "../random.ts";
import type { Stage } from "../stage.ts";
import { durationMs, secondsOf, type Trouble, type TroubleMaker } from "./trouble.ts";

const READERS_SHARE = 0.3;
const HEAL_SHARE = 0.5;
/** Frames are of 50 to some thousand bytes. */
const MOST_BYTES = 3_000;
const PIECE_BYTES = 97;
const PIECE_DELAY_MS = 4;

interface Line {
  readonly proxy: TcpProxy;
  readonly of: Pick<Trouble, "victim" | "pid" | "instance">;
}

/** The line of an instance, or that of all readers; null where there is trouble already. */
function pickLine({ random, drivers, readersLine, inTrouble }: Stage): Line | null {
  const isReaders = random.chance(READERS_SHARE);
  const instance = random.pick(drivers.instances);
  const line = isReaders ? readersLine : instance.line;
  const victim = isReaders ? "readers" : "driver";
  if (line === null || inTrouble.has(victim)) return null;
  const { pid, name } = instance;
  return {
    proxy: line,
    of: { victim, pid: isReaders ? null : pid, instance: isReaders ? null : name },
  };
}

/** Both directions swallow everything, and nobody is told; then it goes on, or all is cut. */
export const partition: TroubleMaker = (stage) => {
  const line = pickLine(stage);
  const ms = durationMs(stage);
  const isHealed = stage.random.chance(HEAL_SHARE);
  if (line === null) return null;
  const { proxy, of } = line;
  return {
    ...of,
    what: `swallows everything for ${secondsOf(ms)}, then ${isHealed ? "heals" : "is cut"}`,
    isLasting: true,
    isSilence: of.victim === "driver",
    async carryOut() {
      proxy.hold("up", "down");
      await pause(ms);
      if (!isHealed) proxy.cut();
      proxy.heal();
    },
  };
};

/** One direction is dead, or one end is gone without the other's knowledge. */
export const halfOpen: TroubleMaker = (stage) => {
  const line = pickLine(stage);
  const ms = durationMs(stage);
  const how = stage.random.pick(["up", "down", "client", "server"] as const);
  if (line === null) return null;
  const { proxy, of } = line;
  // Readers have no watch for silence; only instances find out that the server is gone.
  const way = of.victim === "readers" && how === "server" ? "client" : how;
  const isHeld = way === "up" || way === "down";
  return {
    ...of,
    what: isHeld
      ? `swallows what goes ${way} for ${secondsOf(ms)}`
      : `resets the end at the ${way}, and tells the other one ${secondsOf(ms)} later`,
    isLasting: true,
    isSilence: of.victim === "driver",
    async carryOut() {
      if (isHeld) proxy.hold(way);
      else proxy.vanish(way);
      await pause(ms);
      if (isHeld) proxy.heal();
      else proxy.cutSilent();
    },
  };
};

/** Every connection breaks after so many bytes more, in the middle of a frame as a rule. */
export const reset: TroubleMaker = (stage) => {
  const line = pickLine(stage);
  const direction: Direction = stage.random.pick(["up", "down"] as const);
  const bytes = stage.random.integer(1, MOST_BYTES);
  if (line === null) return null;
  return {
    ...line.of,
    what: `is reset after ${bytes} bytes ${direction}`,
    isLasting: false,
    isSilence: line.of.victim === "driver",
    carryOut: async () => line.proxy.cutAfter(direction, bytes),
  };
};

/** Everything arrives late, and broken at odd places. */
export const trickle: TroubleMaker = (stage) => {
  const line = pickLine(stage);
  const ms = durationMs(stage);
  const random = createRandom(stage.random.integer(1, 2 ** 31));
  if (line === null) return null;
  return {
    ...line.of,
    what: `delivers pieces of at most ${PIECE_BYTES} bytes for ${secondsOf(ms)}`,
    isLasting: true,
    isSilence: line.of.victim === "driver",
    async carryOut() {
      line.proxy.trickle({
        size: () => random.integer(1, PIECE_BYTES),
        delayMs: () => random.integer(0, PIECE_DELAY_MS),
      });
      await pause(ms);
      line.proxy.trickle(null);
    },
  };
};
