/** A control plane as users start it: `conveyor up`, in a process of its own. */
import { join } from "node:path";
import type { Child, Exit } from "./child.ts";
import { findFreePort } from "./free-port.ts";
import { ROOT } from "./root.ts";
import type { Scope } from "./scope.ts";

const COMMAND = join(ROOT, "packages/cli/dist/main.js");

/** SIGTERM ends a server within 10 s (DESIGN: safe by default); the rest is for a busy machine. */
export const STOP_WITHIN_MS = 12_000;

export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly data: string;
  readonly pid: number;
  readonly isRunning: boolean;
  /** What it printed since its last start. */
  readonly lines: readonly string[];
  /** Starts it (again), on the same port and data. */
  start(): Promise<void>;
  /** `kill -9`; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when the process has ended. */
  stop(): Promise<Exit>;
  signal(signal: NodeJS.Signals): void;
}

export interface ServerOptions {
  readonly data?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isApart?: boolean;
}

/** Starts a server on a port and data of its own. */
export async function startServer(
  scope: Scope,
  options: ServerOptions = {},
): Promise<ServerProcess> {
  const port = await findFreePort();
  const data = options.data ?? join(scope.directory, `data-${port}`);
  const command = ["node", COMMAND, "up", "--port", String(port), "--data", data];
  let child: Child | undefined;
  const running = (): Child => {
    if (child === undefined) throw new Error("the server was never started");
    return child;
  };
  const server: ServerProcess = {
    url: `http://127.0.0.1:${port}`,
    port,
    data,
    get pid() {
      return running().pid;
    },
    get isRunning() {
      return running().isRunning;
    },
    get lines() {
      return running().lines;
    },
    async start() {
      // A directory without a conveyor.yaml, so that none of the user's takes part.
      const { directory: cwd } = scope;
      const env = { CONVEYOR_SERVER: "", ...options.env };
      child = scope.start({ command, cwd, env, isApart: options.isApart });
      await child.line(/^listening on http:/);
    },
    async kill() {
      await running().kill();
    },
    async stop() {
      running().signal("SIGTERM");
      return running().exit;
    },
    signal: (signal) => running().signal(signal),
  };
  await server.start();
  return server;
}
