/** What the kernel says about a process. A process that is gone has no figures. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface ProcessFigures {
  readonly residentMb: number;
  readonly threads: number;
  readonly handles: number;
  readonly sockets: number;
}

/** What `/proc` counts processor time in. */
const TICK_MS = 10;

export function processFigures(pid: number): ProcessFigures | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const directory = `/proc/${pid}/fd`;
    const handles = readdirSync(directory);
    return {
      residentMb: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024,
      threads: Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1]),
      handles: handles.length,
      sockets: handles.filter((handle) => isSocket(`${directory}/${handle}`)).length,
    };
  } catch {
    return null;
  }
}

function isSocket(handle: string): boolean {
  try {
    return readlinkSync(handle).startsWith("socket:");
  } catch {
    // Closed between the two looks.
    return false;
  }
}

/** Time of the processor that a process took since its start, in all its threads. */
export function processorMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program, which may hold anything, ends with the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return 0;
  }
}

/** Time that all processors of the machine were busy since it started. */
export function machineBusyMs(): number {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) * TICK_MS;
}
