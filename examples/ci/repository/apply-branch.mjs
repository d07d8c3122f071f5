// @ts-check
/**
 * Makes the resource of a branch what the branch is: there at its head's commit, or gone.
 *
 * A1 It goes by what the branch is now, not by what was pushed, so that it may be repeated at any
 *    time, and two that overlap (two pushes, a push and a repair) end at the newest commit.
 * A2 The resource is read before the branch and changed only at the version that was read: whoever
 *    comes late is refused, and looks again.
 */
import { setTimeout as pause } from "node:timers/promises";
import { ApiError } from "@conveyor-ci/client";
import { KIND, pipeline } from "../platform.mjs";
import { branchesOf, headOf } from "./git.mjs";
import { resourceName } from "./resource-name.mjs";

/**
 * @typedef {import("@conveyor-ci/client").Client} Client
 * @typedef {{ name: string, directory: string, server: string | undefined, patienceMs: number }} Repository
 * @typedef {{ client: Client, repository: Repository, branch: string }} Branch
 * @typedef {{ outcome: "created" | "changed" | "unchanged" | "deleted" | "absent", resource: string,
 *   branch: string, commit: string | undefined, runId: string | null }} Applied
 */

/** Somebody else was quicker. */
const OVERTAKEN = [
  "resource_exists",
  "resource_not_found",
  "resource_deleting",
  "version_conflict",
];
const TRIES = 20;
const PAUSE_MS = 100;

/**
 * @param {Branch} of
 * @returns {Promise<Applied>} `runId`: the run of that commit
 */
export async function applyBranch(of) {
  for (let left = TRIES; ; left -= 1) {
    try {
      const applied = await applyOnce(of);
      const isMadeAnew =
        applied.outcome === "deleted" && headOf(of.repository.directory, of.branch);
      if (!isMadeAnew) return applied;
    } catch (error) {
      if (!isOvertaken(error) || left <= 1) throw error;
      await pause(PAUSE_MS);
    }
  }
}

/**
 * Applies every branch of a repository, and deletes the resources of those that are gone.
 *
 * @param {{ client: Client, repository: Repository }} of
 * @returns {Promise<Applied[]>}
 */
export async function applyRepository({ client, repository }) {
  const branches = new Set(branchesOf(repository.directory));
  const selector = `repository=${repository.name}`;
  for await (const { metadata } of client.resources.list({ kind: KIND, selector })) {
    if (metadata["branch"] !== undefined) branches.add(metadata["branch"]);
  }
  const all = [];
  for (const branch of branches) all.push(await applyBranch({ client, repository, branch }));
  return all;
}

/**
 * @param {Branch} of
 * @returns {Promise<Applied>}
 */
async function applyOnce({ client, repository, branch }) {
  const name = resourceName(repository.name, branch);
  const existing = await find(client, name); // A2: first
  const commit = headOf(repository.directory, branch);
  const url = repository.directory;
  assertOwn(existing, { name, url });
  const seen = { resource: name, branch, commit };
  if (commit === undefined) {
    if (existing === undefined) return { ...seen, outcome: "absent", runId: null };
    await client.resources.delete({ kind: KIND, name });
    return { ...seen, outcome: "deleted", runId: null };
  }
  const body = {
    name,
    resource: KIND,
    pipeline: pipeline.name,
    metadata: { repository: repository.name, branch },
    spec: { url, branch, commit },
  };
  if (existing === undefined) {
    const { runid } = await client.resources.create(body);
    return { ...seen, outcome: "created", runId: runid };
  }
  const ifMatch = existing.metadata["version"];
  const { runId, resource } = await client.resources.update({ kind: KIND, name }, body, {
    ifMatch,
  });
  if (runId !== null) return { ...seen, outcome: "changed", runId };
  return { ...seen, outcome: "unchanged", runId: resource.status.run };
}

/**
 * @param {Client} client
 * @param {string} name
 */
async function find(client, name) {
  try {
    return await client.resources.get({ kind: KIND, name });
  } catch (error) {
    if (error instanceof ApiError && error.code === "resource_not_found") return undefined;
    throw error;
  }
}

/**
 * @param {{ spec: unknown } | undefined} existing
 * @param {{ name: string, url: string }} own
 */
function assertOwn(existing, { name, url }) {
  const spec = /** @type {Partial<import("../platform.mjs").Spec>} */ (existing?.spec ?? { url });
  if (spec.url === url) return;
  throw new Error(
    `${KIND} ${name} is that of ${spec.url}. Give one of the two another name (git config ` +
      `conveyor.name), or, if it was moved: npx conveyor delete ${KIND} ${name}`,
  );
}

/** @param {unknown} error */
function isOvertaken(error) {
  return error instanceof ApiError && OVERTAKEN.includes(error.code);
}
