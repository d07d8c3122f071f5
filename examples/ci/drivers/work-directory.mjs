// @ts-check
/**
 * Directories of runs, below CI_WORK: what the steps of one run share.
 *
 * W1 At most CI_KEEP_RUNS directories of ended runs are kept, the newest; a new run begins by
 *    removing the others.
 * W2 The directory of a run that has not ended is never touched.
 */
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ApiError } from "@conveyor-ci/client";

const WORK = process.env["CI_WORK"] ?? "work";
const KEEP_RUNS = Number(process.env["CI_KEEP_RUNS"] ?? 10);

/** @param {string} runId */
export function sourceOf(runId) {
  return join(WORK, runId, "source");
}

/**
 * @param {string} directory from the result of `checkout`
 * @throws where the step runs on another machine than `checkout` did
 */
export function assertIsHere(directory) {
  if (existsSync(directory)) return;
  throw new Error(`${directory} is not on this machine, but all steps of this example share one`);
}

/**
 * @param {{ runId: string, client: import("@conveyor-ci/client").Client }} current
 * @returns {Promise<number>} how many were removed
 */
export async function removeOldRuns({ runId, client }) {
  const entries = await readdir(WORK).catch(() => []);
  // The ids of runs begin with the time: sorted, the oldest come first.
  const others = entries.filter((name) => name !== runId).sort();
  let removed = 0;
  for (const old of others.slice(0, Math.max(0, others.length - KEEP_RUNS))) {
    if (!(await hasEnded(client, old))) continue; // W2
    await rm(join(WORK, old), { recursive: true, force: true });
    removed += 1;
  }
  return removed;
}

/**
 * @param {import("@conveyor-ci/client").Client} client
 * @param {string} runId
 */
async function hasEnded(client, runId) {
  try {
    return (await client.runs.get(runId)).finishedAt !== null;
  } catch (error) {
    if (error instanceof ApiError && error.code === "run_not_found") return true;
    throw error;
  }
}
