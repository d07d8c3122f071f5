/** A Node program that runs as a process of its own, with its lines in this terminal. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** What to run, and who hears of it. */
export interface ProgramOptions {
  readonly script: string;
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

/** Starts the program. */
export function startProgram(options: ProgramOptions): ChildProgram {
  const child = spawn(process.execPath, [options.script, ...(options.args ?? [])], {
    cwd: options.cwd,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that Ctrl-C leaves the order of stopping to this process.
    detached: process.platform !== "win32",
  });
  let isStopping = false;
  readInto(child.stdout, options.onLine);
  readInto(child.stderr, options.onLine);
  const ended = endOf(child);
  // Nothing outlives this process, however it ends.
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  void ended.then((how) => {
    process.off("exit", kill);
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

function readInto(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on("line", onLine);
}

/** Resolves with the way it ended, once its last lines have been read. */
async function endOf(child: ChildProcess): Promise<string> {
  return await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}
