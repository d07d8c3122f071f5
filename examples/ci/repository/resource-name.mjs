// @ts-check
import { createHash } from "node:crypto";

const REPOSITORY = /^[A-Za-z0-9]([A-Za-z0-9_-]{0,98}[A-Za-z0-9])?$/;
const PLAIN_BRANCH = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,148}[A-Za-z0-9])?$/;

/**
 * @param {string} text
 * @throws where it could not be part of a resource's name
 */
export function assertRepositoryName(text) {
  if (REPOSITORY.test(text)) return;
  const rule = "ASCII letters, digits, - and _, at most 100, first and last a letter or digit";
  throw new Error(`${JSON.stringify(text)} cannot name a repository: ${rule}`);
}

/**
 * The name of the resource that stands for a branch. A branch whose name is no valid one, such as
 * `fix/42`, gets the valid part of it and a digest, so that `fix-42` is another.
 *
 * @param {string} repository its name, which has no dot, so that the first one ends it
 * @param {string} branch
 */
export function resourceName(repository, branch) {
  assertRepositoryName(repository);
  if (PLAIN_BRANCH.test(branch)) return `${repository}.${branch}`;
  const digest = createHash("sha256").update(branch).digest("hex").slice(0, 10);
  const readable = branch.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return `${repository}.${readable.slice(0, 100)}-${digest}`.replace(/\.-/, ".");
}
