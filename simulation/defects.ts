/**
 * Faults that must not be survived: what a broken storage, server or instance would do. A simulation
 * that does not find them proves nothing, so each is found by a test.
 */
import type { Engine } from "@conveyor-ci/engine";
import { type Defect, NO_DEFECT } from "./defect.ts";
import { DEFECTS_OF_HISTORY } from "./defects-of-history.ts";
import { DEFECTS_OF_LEASES } from "./defects-of-leases.ts";
import { DEFECTS_OF_REFUSALS } from "./defects-of-refusals.ts";

/** An instance that takes no leave of its leases. */
function runningOn(): Partial<Defect> {
  return {
    hears: (frame) => {
      if (frame.type === "lost") return null;
      if (frame.type !== "welcome") return frame;
      const leases = frame.leases.filter(({ state }) => state !== "lost");
      return { ...frame, leases };
    },
  };
}

/** An instance that gives lines it sends for the second time new numbers. */
function sendingTwice(): Partial<Defect> {
  return {
    resends: (frame) => {
      const parsed = JSON.parse(frame) as { type: string; first: number; lines: unknown[] };
      if (parsed.type !== "log") return [frame];
      return [frame, JSON.stringify({ ...parsed, first: parsed.first + parsed.lines.length })];
    },
  };
}

/** Every third chunk does not arrive. */
function losingChunks(): Partial<Defect> {
  let chunks = 0;
  return { losesChunk: () => (chunks += 1) % 3 === 0 };
}

/** An update is answered with the version it made, and the version holds something else. */
function storingSomethingElse(): Partial<Defect> {
  return {
    rewrite: (commands) =>
      commands.map((command) =>
        command.kind === "updateResource"
          ? { ...command, content: { ...command.content, spec: { n: -1 } } }
          : command,
      ),
  };
}

/** An instance that takes the receipt of lines for the order to stop. */
function stoppingByItself(): Partial<Defect> {
  return {
    hears: (frame) =>
      frame.type === "logged" ? { type: "cancel", lease: frame.lease, reason: "user" } : frame,
  };
}

/** Reasons are not told. */
function silence(engine: Engine): void {
  const getRun = engine.getRun.bind(engine);
  engine.getRun = async (id) => ({ ...(await getRun(id)), why: [], stepWhy: {} });
}

/** By the promise that each of them breaks. */
const DEFECTS = {
  "a disk that forgets a commit": () => ({ forgottenCommits: 1 }), // P1
  "a storage that stores something else": storingSomethingElse, // P1
  "a server in which no session expires": () => ({ sleepsThrough: (delayMs) => delayMs === 500 }), // P2
  "an instance that runs on after lease_lost": runningOn, // P3
  "an instance that sends lines twice": sendingTwice, // P6
  "a reader that is not given a chunk": losingChunks, // P6
  ...DEFECTS_OF_HISTORY, // P7
  "a server that keeps a cancellation to itself": () => ({
    drops: (text) => text.includes('"type":"cancel"'),
  }), // P8
  "an instance that stops what nobody has cancelled": stoppingByItself, // P8
  ...DEFECTS_OF_REFUSALS, // P9
  ...DEFECTS_OF_LEASES, // P2, P8, P10
  "a server that does not say why": () => ({ bends: silence }), // P11
} as const satisfies Readonly<Record<string, () => Partial<Defect>>>;

export type DefectName = keyof typeof DEFECTS;

export const DEFECT_NAMES = Object.keys(DEFECTS) as DefectName[];

export function createDefect(name: DefectName): Defect {
  return { ...NO_DEFECT, ...DEFECTS[name]() };
}
