/**
 * The storage as one server process sees it: batches take time, may be refused or answered by
 * nothing but a failure, and end with the process, committed or not.
 *
 * Y1 What is answered is committed; what fails with `storage_unavailable` may or may not be (S6).
 * Y2 A batch under way when the process dies is committed or not, and never answered.
 */
import { type Command, ConveyorError, type Rules } from "@conveyor-ci/core";
import type { BatchResult, LogStore, Storage } from "@conveyor-ci/engine";
import type { Disk } from "./disk.ts";
import type { SimProcess } from "./sim-process.ts";

export interface StorageFate {
  /** Until the commit, and from then to the answer. */
  readonly writeMs: () => number;
  readonly answerMs: () => number;
  readonly batchFails: () => "no" | "before" | "after";
  /** Null: at once. */
  readonly readMs: () => number | null;
  readonly readFails: () => boolean;
  /** What a defective storage makes of its commands. */
  readonly rewrite: (commands: readonly Command[]) => readonly Command[];
}

export interface CrashableStorageParts {
  readonly disk: Disk;
  readonly process: SimProcess;
  readonly fate: StorageFate;
}

export function createCrashableStorage(parts: CrashableStorageParts): Storage & {
  readonly logs: LogStore;
} {
  const { disk, fate, process } = parts;
  const read = async <T>(reads: () => Promise<T>): Promise<T> => {
    const delayMs = fate.readMs();
    if (delayMs !== null) await process.sleep(delayMs);
    if (fate.readFails()) throw unavailable();
    return reads();
  };
  return {
    batch: (commands, rules) => batch(parts, commands, rules),
    now: () => disk.storage.now(),
    close: () => Promise.resolve(),
    checkWritable: () => read(() => disk.storage.checkWritable()),
    load: (keys) => read(() => disk.storage.load(keys)),
    definitions: (page) => read(() => disk.storage.definitions(page)),
    pipelines: (page) => read(() => disk.storage.pipelines(page)),
    drivers: (page) => read(() => disk.storage.drivers(page)),
    resources: (query) => read(() => disk.storage.resources(query)),
    runs: (query) => read(() => disk.storage.runs(query)),
    sessions: (of) => read(() => disk.storage.sessions(of)),
    queueDepths: (of) => read(() => disk.storage.queueDepths(of)),
    unfinishedRuns: (of) => read(() => disk.storage.unfinishedRuns(of)),
    changes: (of) => read(() => disk.storage.changes(of)),
    lastChange: () => read(() => disk.storage.lastChange()),
    logs: { read: (query) => read(() => disk.storage.read(query)) },
  };
}

function batch(
  { disk, fate, process }: CrashableStorageParts,
  commands: readonly Command[],
  rules: Rules,
): Promise<BatchResult> {
  const fails = fate.batchFails();
  return new Promise((resolve, reject) => {
    // Y2: a process that dies before takes the batch along, one that dies behind it does not.
    process.after(fate.writeMs(), () => {
      if (fails === "before") {
        reject(unavailable());
        return;
      }
      const done = disk.commit(fate.rewrite(commands), rules);
      const answer = (settle: () => void) => void process.after(fate.answerMs(), settle);
      done.then(
        (result) => answer(fails === "after" ? () => reject(unavailable()) : () => resolve(result)),
        (error: Error) => answer(() => reject(error)),
      );
    });
  });
}

function unavailable(): ConveyorError {
  return new ConveyorError({ code: "storage_unavailable", message: "the simulated disk is away" });
}
