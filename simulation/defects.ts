/**
 * Faults that must not be survived: what a broken storage, server or instance would do. A simulation
 * that does not find them proves nothing, so each is found by a test.
 */
import type { ServerFrame } from "@conveyor-ci/contract";
import type { Command } from "@conveyor-ci/core";

export interface Defect {
  /** Commits that are gone after a crash of the server, though they were answered. */
  readonly forgottenCommits: number;
  /** Whether a frame of a sound connection is lost. */
  readonly drops: (text: string) => boolean;
  /** What an instance sends in place of a frame. */
  readonly resends: (frame: string) => readonly string[];
  /** What an instance makes of a frame; null: it ignores it. */
  readonly hears: (frame: ServerFrame) => ServerFrame | null;
  /** What the storage carries out in place of the commands it was given. */
  readonly rewrite: (commands: readonly Command[]) => readonly Command[];
  /** Whether a loop of the engine is never woken. */
  readonly sleepsThrough: (delayMs: number) => boolean;
  /** Whether the reasons of waiting runs are kept back. */
  readonly isSilent: boolean;
  /** Whether a reader is not given a chunk of lines. */
  readonly losesChunk: () => boolean;
}

export const NO_DEFECT: Defect = {
  forgottenCommits: 0,
  drops: () => false,
  resends: (frame) => [frame],
  hears: (frame) => frame,
  rewrite: (commands) => commands,
  sleepsThrough: () => false,
  isSilent: false,
  losesChunk: () => false,
};

export type DefectName =
  | "a disk that forgets a commit"
  | "an instance that runs on after lease_lost"
  | "an instance that sends lines twice"
  | "a server that keeps a cancellation to itself"
  | "a server in which no session expires"
  | "a server that does not say why"
  | "a reader that is not given a chunk"
  | "a storage that stores something else";

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

const DEFECTS: Readonly<Record<DefectName, () => Partial<Defect>>> = {
  "a disk that forgets a commit": () => ({ forgottenCommits: 1 }),
  "an instance that runs on after lease_lost": runningOn,
  "an instance that sends lines twice": sendingTwice,
  "a server that keeps a cancellation to itself": () => ({
    drops: (text) => text.includes('"type":"cancel"'),
  }),
  "a server in which no session expires": () => ({ sleepsThrough: (delayMs) => delayMs === 500 }),
  "a server that does not say why": () => ({ isSilent: true }),
  "a reader that is not given a chunk": losingChunks,
  "a storage that stores something else": storingSomethingElse,
};

export const DEFECT_NAMES = Object.keys(DEFECTS) as DefectName[];

export function createDefect(name: DefectName): Defect {
  return { ...NO_DEFECT, ...DEFECTS[name]() };
}
