/**
 * A process that takes part in a measurement.
 *
 * C1 One that ends before it is stopped fails the measurement: `failed` rejects.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Child {
  readonly pid: number;
  /** Never resolves; rejects when the process ends by itself (C1). */
  readonly failed: Promise<never>;
  /** The first line of its output that matches. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends a message and resolves with the next message that comes. */
  ask(message: object): Promise<unknown>;
  onMessage(listener: (message: unknown) => void): void;
  /** Ends it, with SIGTERM unless told otherwise, and resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  /** Arguments of the Node that runs the measurement. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Opens a channel for messages. */
  readonly channel: boolean;
}

const STOP_MS = 15_000;

export function startChild({ args, cwd, env, channel }: ChildOptions): Child {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", ...(channel ? (["ipc"] as const) : [])],
  });
  const output = createOutput(child);
  let isStopping = false;
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const failed = gone.then((): never | Promise<never> => {
    if (isStopping) return new Promise<never>(() => {});
    throw new Error(`node ${args.join(" ")} ended; it said:\n${output.lines.join("\n")}`);
  });
  // Whoever does not wait for it now will meet it later, or not care.
  failed.catch(() => {});
  return {
    pid: child.pid ?? 0,
    failed,
    line: (pattern) => Promise.race([output.find(pattern), failed]),
    ask: (message) => {
      const answer = new Promise((resolve) => child.once("message", resolve));
      child.send(message);
      return Promise.race([answer, failed]);
    },
    onMessage: (listener) => void child.on("message", listener),
    async stop(signal = "SIGTERM") {
      isStopping = true;
      child.kill(signal);
      const overdue = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await gone;
      clearTimeout(overdue);
    },
  };
}

interface Output {
  readonly lines: readonly string[];
  find(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Lines that are kept for the message of a failure, or for one who asks late. */
const MAX_LINES = 200;

function createOutput(child: ChildProcess): Output {
  const lines: string[] = [];
  const waiting = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      if (lines.length > MAX_LINES) lines.shift();
      for (const look of waiting) look(line);
    });
  }
  return {
    lines,
    find: (pattern) =>
      new Promise((resolve) => {
        const look = (line: string): void => {
          const match = pattern.exec(line);
          if (match === null) return;
          waiting.delete(look);
          resolve(match);
        };
        waiting.add(look);
        for (const line of [...lines]) look(line);
      }),
  };
}
