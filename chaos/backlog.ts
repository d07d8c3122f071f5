/** Runs that have not ended. */
import { setTimeout as pause } from "node:timers/promises";

const LOOK_EVERY_MS = 250;
const LOOK_WITHIN_MS = 5_000;
/**
 * Without a run that ends for so long, nothing moves any more: longer than a lease can be out several
 * times in a row.
 */
const STUCK_MS = 90_000;

/** How many there are, as the server's own figures say. */
export async function backlogOf(server: string): Promise<number> {
  const response = await fetch(`${server}/metrics`, {
    signal: AbortSignal.timeout(LOOK_WITHIN_MS),
  });
  const text = await response.text();
  const counts = text.matchAll(/^conveyor_runs_unfinished\{[^}]*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Whether every run ends; it may take long as long as it goes on. */
export async function settle(server: string): Promise<boolean> {
  let least = Infinity;
  let movedAt = performance.now();
  while (performance.now() - movedAt < STUCK_MS) {
    const backlog = await backlogOf(server).catch(() => Infinity);
    if (backlog === 0) return true;
    if (backlog < least) {
      least = backlog;
      movedAt = performance.now();
    }
    await pause(LOOK_EVERY_MS);
  }
  return false;
}
