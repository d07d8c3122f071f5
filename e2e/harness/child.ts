/**
 * A real process that a story started.
 *
 * C1 It carries the mark of its owner in its environment, and hands it on to what it starts itself,
 *    so that nothing it leaves behind goes unseen.
 * C2 `exit` never rejects: how a process ends is a value.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { eventually } from "./eventually.ts";
import { MARK } from "./leftovers.ts";

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  /** Program and arguments; `node` stands for the Node that runs the story. */
  readonly command: readonly string[];
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Who answers for it; see leftovers.ts. */
  readonly mark: string;
  /** Signals that a terminal sends to its program, such as Ctrl-C, do not reach it. */
  readonly isApart?: boolean | undefined;
  /** Called with what it sends by `process.send`; without it there is no such channel. */
  readonly onMessage?: ((message: unknown) => void) | undefined;
}

export interface Child {
  readonly pid: number;
  readonly isRunning: boolean;
  /** Lines of standard output and standard error so far, in the order of their arrival. */
  readonly lines: readonly string[];
  readonly exit: Promise<Exit>;
  /** The first line that matches, of those there are and those to come. */
  line(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>;
  send(message: object): void;
  signal(signal: NodeJS.Signals): void;
  /** `kill -9`, and waits until the process is gone. */
  kill(): Promise<Exit>;
}

const START_MS = 20_000;

export function startChild(options: ChildOptions): Child {
  const [program = "node", ...args] = options.command;
  const child = spawn(program === "node" ? process.execPath : program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env, [MARK]: options.mark },
    detached: options.isApart ?? false,
    stdio: ["ignore", "pipe", "pipe", ...(options.onMessage ? (["ipc"] as const) : [])],
  });
  const lines: string[] = [];
  collect(child.stdout, lines);
  collect(child.stderr, lines);
  if (options.onMessage) child.on("message", options.onMessage);
  return viewChild(child, { lines, command: options.command.join(" ") });
}

function collect(stream: Readable | null, lines: string[]): void {
  if (stream === null) return;
  createInterface({ input: stream }).on("line", (line) => lines.push(line));
}

function viewChild(
  child: ChildProcess,
  { lines, command }: { readonly lines: string[]; readonly command: string },
): Child {
  const exit = new Promise<Exit>((resolve) => {
    child.once("error", (error) => {
      lines.push(`could not be started: ${error.message}`);
      resolve({ code: null, signal: null });
    });
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const find = (pattern: RegExp): RegExpExecArray | undefined => {
    for (const line of lines) {
      const match = pattern.exec(line);
      if (match !== null) return match;
    }
    return undefined;
  };
  return {
    pid: child.pid ?? 0,
    get isRunning() {
      return isRunning();
    },
    lines,
    exit,
    async line(pattern, withinMs = START_MS) {
      const what = `${String(pattern)} from ${command}`;
      const seen = await eventually(() => find(pattern) ?? (isRunning() ? null : "ended"), {
        withinMs,
        what,
      });
      const match = seen === "ended" ? find(pattern) : seen;
      if (match !== undefined) return match;
      throw new Error(`the process ended without ${what}; it said:\n${lines.join("\n")}`);
    },
    send: (message) => void child.send(message),
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill("SIGKILL");
      return exit;
    },
  };
}
