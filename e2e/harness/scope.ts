/**
 * Everything that a story started, to be ended with it.
 *
 * S1 What was begun last is ended first.
 * S2 After `close` nothing is left: no process, not even one started by a process, no socket, no
 *    file. What had to be hunted down is a leak, and an error.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, type ChildOptions, startChild } from "./child.ts";
import { eventually } from "./eventually.ts";
import { findLeftovers } from "./leftovers.ts";

export interface Scope {
  readonly mark: string;
  /** A directory of the story's own, removed at its end. */
  readonly directory: string;
  start(options: Omit<ChildOptions, "mark">): Child;
  /** Has `end` called when the scope closes. */
  own(end: () => void | Promise<void>): void;
  close(options?: { readonly keepFiles?: boolean }): Promise<void>;
}

const GONE_WITHIN_MS = 10_000;
const QUIET_WITHIN_MS = 2_000;
const SOCKETS: readonly string[] = ["TCPSocketWrap", "TCPServerWrap", "ProcessWrap"];

export function createScope(name: string): Scope {
  const mark = `${name}-${randomUUID()}`;
  const directory = mkdtempSync(join(tmpdir(), `conveyor-${name}-`));
  const children: Child[] = [];
  const ends: (() => void | Promise<void>)[] = [];
  return {
    mark,
    directory,
    start(options) {
      const child = startChild({ ...options, mark });
      children.push(child);
      return child;
    },
    own: (end) => void ends.push(end),
    async close({ keepFiles = false } = {}) {
      const errors: unknown[] = [];
      for (const end of ends.splice(0).reverse()) {
        try {
          await end();
        } catch (error) {
          errors.push(error);
        }
      }
      for (const child of children.splice(0)) await child.kill();
      errors.push(...(await endLeftovers(mark)), ...(await findOpenSockets()));
      if (!keepFiles) rmSync(directory, { recursive: true, force: true });
      if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join("\n"));
    },
  };
}

/** Ends what is left in spite of everything, and answers it as errors. */
async function endLeftovers(mark: string): Promise<readonly Error[]> {
  try {
    await eventually(() => findLeftovers(mark).length === 0, { withinMs: QUIET_WITHIN_MS });
    return [];
  } catch {
    const left = findLeftovers(mark);
    for (const { pid } of left) process.kill(pid, "SIGKILL");
    await eventually(() => findLeftovers(mark).length === 0, { withinMs: GONE_WITHIN_MS });
    return left.map(({ pid, command }) => new Error(`left behind: process ${pid} ${command}`));
  }
}

/** What still keeps this process's event loop alive, as errors. */
async function findOpenSockets(): Promise<readonly Error[]> {
  const open = () => process.getActiveResourcesInfo().filter((kind) => SOCKETS.includes(kind));
  try {
    await eventually(() => open().length === 0, { withinMs: QUIET_WITHIN_MS });
    return [];
  } catch {
    return [new Error(`left open: ${open().join(", ")}`)];
  }
}
