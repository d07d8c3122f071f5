/** Starts a server on what a power cut left, with new drivers, and sees all of its work to the end. */
import { isRunEnded } from "@conveyor-ci/core";
import { openSqliteStorage } from "@conveyor-ci/storage-sqlite";
import { all } from "../all.ts";
import { eventually } from "../eventually.ts";
import { NO_FAULT } from "../sweep/failing-storage.ts";
import { startPlane } from "../sweep/plane.ts";
import { KIND, startDrivers } from "../sweep/story.ts";

/** What speaks against it; nothing: every run ended. */
export async function goOn(directory: string): Promise<readonly string[]> {
  const plane = await startPlane((now) => openSqliteStorage({ directory, now }), NO_FAULT);
  const { client, complaints } = plane;
  const drivers = startDrivers(plane);
  try {
    await eventually(async () => {
      const runs = await all(client.runs.list({ resource: KIND, limit: 100 }));
      const open = runs.filter(({ state }) => !isRunEnded(state));
      // The story's update waits for the cancel that was never sent.
      const waiting = open.filter(({ event, state }) => event === "update" && state === "running");
      for (const { id } of waiting) await client.runs.cancel(id).catch(() => undefined);
      return open.length === 0 || Promise.reject(new Error(JSON.stringify(open)));
    });
    return [...complaints];
  } catch (error) {
    return [...complaints, String(error)];
  } finally {
    for (const driver of drivers) await driver.stop();
    await plane.stop();
  }
}
