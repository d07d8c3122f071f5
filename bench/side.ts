/** The two that are compared, started in the same way: the floor and the product. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Child, startChild } from "./child.ts";
import { DRIVER, setUpPlatform } from "./product/platform.ts";
import { programOf, ROOT } from "./program.ts";
import type { WorkloadReport } from "./workload.ts";

export type SideName = "floor" | "product";

export interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface Server {
  readonly side: SideName;
  readonly url: string;
  readonly directory: string;
  readonly child: Child;
  /** From the start of the process to its word that it listens. */
  readonly startMs: number;
  /** How late its event loop ran since the last question; only with `probe`. */
  loopDelay(): Promise<LoopDelay>;
  /** Resident memory, in MB. */
  memoryMb(): number;
  /** Ends it and removes what it wrote, unless that is kept. */
  stop(): Promise<void>;
}

export interface SideOptions {
  /** Where data directories are made. */
  readonly data: string;
  /** Measures the event loop from inside. */
  readonly probe: boolean;
  /** Writes CPU profiles of servers there. */
  readonly profiles: string | null;
}

export interface RestartOptions extends SideOptions {
  readonly directory: string;
  /** What the server wrote stays when it is stopped. */
  readonly isKept?: boolean;
}

const COMMAND = join(ROOT, "packages/cli/dist/main.js");
const CONNECT_MS = 10_000;

export async function startServer(side: SideName, options: SideOptions): Promise<Server> {
  const directory = mkdtempSync(join(options.data, `bench-${side}-`));
  return restartServer(side, { ...options, directory });
}

/** Starts a server on data that may be there already. */
export async function restartServer(
  side: SideName,
  { directory, probe, profiles, isKept = false }: RestartOptions,
): Promise<Server> {
  const command = await commandOf(side, join(directory, "data"));
  const loaded = probe ? ["--import", await programOf("loop-probe.ts")] : [];
  const profiled = profiles === null ? [] : ["--cpu-prof", "--cpu-prof-dir", profiles];
  const begun = performance.now();
  const child = startChild({
    args: [...profiled, ...loaded, ...command],
    cwd: directory,
    env: { CONVEYOR_SERVER: "" },
    channel: probe,
  });
  const [, url = ""] = await child.line(/^listening on (http:\S+)$/);
  return {
    side,
    url,
    directory,
    child,
    startMs: performance.now() - begun,
    loopDelay: async () => (await child.ask({})) as LoopDelay,
    memoryMb: () => residentMb(child.pid),
    async stop() {
      await child.stop();
      if (!isKept) rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function commandOf(side: SideName, data: string): Promise<readonly string[]> {
  if (side === "floor") return [await programOf("floor/server.ts"), data];
  if (!existsSync(COMMAND)) throw new Error(`${COMMAND} is missing: npm run build`);
  return [COMMAND, "up", "--port", "0", "--data", data];
}

/** Definitions and pipelines, where there are any. */
export async function setUp({ side, url }: Server): Promise<void> {
  if (side === "product") await setUpPlatform(url);
}

/** Starts the side's driver without waiting for it. */
export async function launchDriver(
  { side, url, directory }: Server,
  instance: string,
): Promise<Child> {
  const program = await programOf(`${side}/driver.ts`);
  return startChild({ args: [program, url, instance], cwd: directory, channel: true });
}

/** Starts the side's driver and resolves when it is connected. */
export async function startDriver(server: Server, instance = "bench-1"): Promise<Child> {
  const child = await launchDriver(server, instance);
  if (server.side === "product") {
    await Promise.race([instanceConnected(server.url, instance), child.failed]);
  } else {
    const connected = new Promise<void>((resolve) => {
      child.onMessage((message) => {
        if ((message as WorkloadReport).kind === "connected") resolve();
      });
    });
    await Promise.race([connected, child.failed]);
  }
  return child;
}

/** Waits until an instance of the product's driver is connected. */
async function instanceConnected(server: string, name: string): Promise<void> {
  const deadline = performance.now() + CONNECT_MS;
  while (performance.now() < deadline) {
    const response = await fetch(`${server}/drivers/${DRIVER}`);
    if (response.status === 200) {
      const { instances } = (await response.json()) as {
        readonly instances: readonly { readonly instance: string; readonly connected: boolean }[];
      };
      if (instances.some(({ instance, connected }) => connected && instance === name)) return;
    }
    await pause(20);
  }
  throw new Error(`no driver connected to ${server} within ${CONNECT_MS} ms`);
}

function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}

/** What `/proc` counts in. */
const TICK_MS = 10;

/** Time of the processor that a process took since its start, in all its threads. */
export function cpuMs({ pid }: Child): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name of the program, which may hold anything, ends with the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
