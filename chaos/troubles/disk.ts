/** A disk that is slow, or has no room: what the server's own system calls are answered. */
import { setTimeout as pause } from "node:timers/promises";
import { injectFaults } from "../../e2e/harness/faults.ts";
import type { Stage } from "../stage.ts";
import { durationMs, secondsOf, type TroubleMaker } from "./trouble.ts";

const SLOWEST_SYNC_MS = 500;
const READ_EVERY_MS = 200;
const READ_WITHIN_MS = 15_000;

/** Each sync takes longer. */
export const slowDisk: TroubleMaker = (stage) => {
  const { random, server, scope, inTrouble } = stage;
  const ms = durationMs(stage);
  const delayMs = random.integer(20, SLOWEST_SYNC_MS);
  if (inTrouble.has("server")) return null;
  return {
    victim: "server",
    pid: server.pid,
    instance: null,
    what: `syncs take ${delayMs} ms longer for ${secondsOf(ms)}`,
    isLasting: true,
    isSilence: false,
    async carryOut() {
      const inject = `fdatasync,fsync:delay_enter=${delayMs * 1_000}`;
      // A server that was killed meanwhile comes back with a disk that is as fast as ever.
      const heal = await injectFaults(scope, { pid: server.pid, inject });
      await pause(ms);
      await heal();
    },
  };
};

/** Writes find no room: all of them, those behind the first few, or one in some. */
export const fullDisk: TroubleMaker = (stage) => {
  const { random, server, scope, inTrouble } = stage;
  const ms = durationMs(stage);
  const count = random.integer(2, 12);
  const when = random.pick(["1+", `${count}+`, `1+${count}`] as const);
  if (inTrouble.has("server")) return null;
  return {
    victim: "server",
    pid: server.pid,
    instance: null,
    what: `no room for writes ${when} for ${secondsOf(ms)}`,
    isLasting: true,
    // An instance that is to be told of its loss has to be greeted, which is written down.
    isSilence: true,
    async carryOut() {
      const inject = `pwrite64:error=ENOSPC:when=${when}`;
      const heal = await injectFaults(scope, { pid: server.pid, inject });
      const until = performance.now() + ms;
      while (performance.now() < until) {
        await readOnce(stage);
        await pause(READ_EVERY_MS);
      }
      await heal();
    },
  };
};

async function readOnce({ server, readsWhileFull }: Stage): Promise<void> {
  const paths = ["/runs?limit=5", "/resources/plain?limit=5", "/changes?after=0&limit=5"];
  const path = paths[readsWhileFull.tried % paths.length] ?? "/runs";
  readsWhileFull.tried += 1;
  try {
    const signal = AbortSignal.timeout(READ_WITHIN_MS);
    const { status } = await fetch(`${server.url}${path}`, { signal });
    if (status !== 200) readsWhileFull.failures.push(`${path} was answered ${status}`);
  } catch (error) {
    readsWhileFull.failures.push(`${path}: ${String(error)}`);
  }
}
