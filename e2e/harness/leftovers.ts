/** Finds processes that outlived what started them, by a mark in their environment. */
import { readdirSync, readFileSync } from "node:fs";

/** Name of the environment variable that holds the mark. */
export const MARK = "CONVEYOR_STORY";

export interface Leftover {
  readonly pid: number;
  readonly command: string;
}

/** Processes with this mark that are still there. Systems without /proc show none. */
export function findLeftovers(mark: string): readonly Leftover[] {
  const found: Leftover[] = [];
  for (const entry of listProcesses()) {
    try {
      const environment = readFileSync(`/proc/${entry}/environ`, "utf8").split("\0");
      if (!environment.includes(`${MARK}=${mark}`)) continue;
      const command = readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      found.push({ pid: Number(entry), command });
    } catch {
      // It ended meanwhile, or belongs to somebody else.
    }
  }
  return found;
}

function listProcesses(): readonly string[] {
  try {
    return readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
}
