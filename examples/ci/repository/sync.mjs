// @ts-check
/**
 * `node examples/ci/repository/sync.mjs REPOSITORY`: brings the resources in line with the branches of
 * a bare repository, where pushes came while the control plane was away. What is in line already is
 * left alone.
 */
import { createClient } from "@conveyor-ci/client";
import { applyRepository } from "./apply-branch.mjs";
import { findRepository } from "./bare-repository.mjs";

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  console.error("usage: node examples/ci/repository/sync.mjs REPOSITORY");
  process.exit(2);
}
const repository = findRepository(directory);
const client = createClient({ server: repository.server });
for (const { outcome, resource, runId } of await applyRepository({ client, repository })) {
  console.log(`${resource} ${outcome}${runId === null ? "" : `, run ${runId}`}`);
}
