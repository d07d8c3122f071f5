/**
 * A Node program that runs as a process of its own, with its lines in this terminal.
 *
 * C1 It does not outlive this process: however this one ends, even by SIGKILL, the channel between
 *    them closes, and that stops it.
 * C2 All its lines have been told before its end is.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { GUARD_FILE } from "../own-files.ts";

/** What to run, and who hears of it. */
export interface ProgramOptions {
  readonly script: string;
  /** The name by which the program knows itself; that of the script unless set. */
  readonly shown?: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Longest time to stop in before it is killed. */
  readonly stopMs: number;
  readonly onLine: (line: string) => void;
  /** Called when it ends without having been told to. */
  readonly onEnd: (how: string) => void;
}

export interface ChildProgram {
  /** Tells it to stop and waits until it has; idempotent. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts the program. */
export function startProgram(options: ProgramOptions): ChildProgram {
  const { script, shown = script, args = [], cwd, env } = options;
  const command = ["--enable-source-maps", GUARD_FILE, script, shown, ...args];
  const child = spawn(process.execPath, command, {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // A group of its own, so that Ctrl-C leaves the order of stopping to this process.
    detached: process.platform !== "win32",
  });
  let isStopping = false;
  running.add(child);
  readInto(child.stdout, options.onLine);
  readInto(child.stderr, options.onLine);
  const ended = endOf(child);
  void ended.then((how) => {
    running.delete(child);
    if (!isStopping) options.onEnd(how);
  });
  return {
    async stop() {
      isStopping = true;
      child.kill("SIGTERM");
      const overdue = setTimeout(() => child.kill("SIGKILL"), options.stopMs);
      await ended;
      clearTimeout(overdue);
    },
  };
}

function readInto(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on("line", onLine);
}

/** Resolves with the way it ended, once its last lines have been read. */
async function endOf(child: ChildProcess): Promise<string> {
  return await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}
