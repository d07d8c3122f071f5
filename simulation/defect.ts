/** What a broken storage, server or instance does otherwise: defects.ts gives some of it a name. */
import type { ServerFrame } from "@conveyor-ci/contract";
import type { Command, Limits } from "@conveyor-ci/core";
import type { BatchResult, Engine } from "@conveyor-ci/engine";
import type { Written } from "@conveyor-ci/testkit";

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
  /** What the storage writes in place of what a batch wrote. */
  readonly stores: (writes: readonly Written[]) => readonly Written[];
  /** What the storage answers in place of what came of its commands. */
  readonly says: (commands: readonly Command[], result: BatchResult) => BatchResult;
  /** Whether a loop of the engine is never woken. */
  readonly sleepsThrough: (delayMs: number) => boolean;
  /** Limits that are not those of the promises. */
  readonly limits: Partial<Limits>;
  /** Makes an engine answer something else. */
  readonly bends: (engine: Engine) => void;
  /** Whether a reader is not given a chunk of lines. */
  readonly losesChunk: () => boolean;
}

export const NO_DEFECT: Defect = {
  forgottenCommits: 0,
  drops: () => false,
  resends: (frame) => [frame],
  hears: (frame) => frame,
  rewrite: (commands) => commands,
  stores: (writes) => writes,
  says: (_, result) => result,
  sleepsThrough: () => false,
  limits: {},
  bends: () => {},
  losesChunk: () => false,
};
