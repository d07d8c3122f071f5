/** Makes system calls of a running process slow or fail, by `strace`. */
import { spawnSync } from "node:child_process";
import type { Scope } from "./scope.ts";

export interface Faults {
  readonly pid: number;
  /** As behind `strace -e inject=`: calls, and what becomes of them. */
  readonly inject: string;
}

/** Resolves when the faults are there, with how to take them away again. */
export async function injectFaults(
  scope: Scope,
  { pid, inject }: Faults,
): Promise<() => Promise<void>> {
  const calls = inject.slice(0, inject.indexOf(":"));
  const options = ["-e", `trace=${calls}`, "-e", `inject=${inject}`];
  const strace = scope.start({
    command: ["strace", "-f", "-o", "/dev/null", "-p", String(pid), ...options],
  });
  await strace.line(/attached/);
  return async () => {
    strace.signal("SIGINT");
    await strace.exit;
  };
}

/** Whether `strace` is there, and may attach itself to a process. */
export async function canInjectFaults(scope: Scope): Promise<boolean> {
  if (spawnSync("strace", ["-V"]).status !== 0) return false;
  const child = scope.start({ command: ["sleep", "60"] });
  try {
    const heal = await injectFaults(scope, { pid: child.pid, inject: "fsync:error=EIO" });
    await heal();
    return true;
  } catch {
    return false;
  } finally {
    await child.kill();
  }
}
