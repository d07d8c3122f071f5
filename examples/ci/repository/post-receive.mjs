// @ts-check
/**
 * The hook `post-receive`: git calls it in the bare repository after a push, with a line
 * `<old> <new> <ref>` for each ref, and shows what it prints to the person who pushed.
 *
 * H1 The push is accepted by now, whatever happens here. Where the control plane is away, the person
 *    is told what becomes of the push.
 * H2 It changes resources for branches; no other ref makes a run.
 * H3 The person may leave (Ctrl-C, a lost connection): the hook ends, runs go on.
 */
import { createInterface } from "node:readline";
import { createClient } from "@conveyor-ci/client";
import { applyBranch } from "./apply-branch.mjs";
import { findRepository } from "./bare-repository.mjs";
import { isAway, repeatWhileAway } from "./repeat-while-away.mjs";
import { outcomeOf, showRun } from "./show-run.mjs";

/** @typedef {import("./apply-branch.mjs").Applied} Applied */

const HEADS = "refs/heads/";
const MAX_SHOWN = 5;

const say = (/** @type {string} */ text) => void process.stdout.write(`${text}\n`);
process.stdout.on("error", () => process.exit(0)); // H3

const repository = findRepository(process.cwd());
const client = createClient({ server: repository.server });
const server = client.server === "http://127.0.0.1:8080" ? "" : ` --server ${client.server}`;
const applied = await applyAll(await readBranches());
const runs = applied.flatMap(({ resource, runId }) => (runId === null ? [] : { resource, runId }));
await Promise.all(runs.slice(0, MAX_SHOWN).map((run) => show(run)));
for (const { resource, runId } of runs.slice(MAX_SHOWN)) {
  say(`${resource}: npx conveyor logs -f ${runId}${server}`);
}

/** @returns {Promise<string[]>} the branches that were pushed, in the order of the push */
async function readBranches() {
  const branches = [];
  for await (const line of createInterface({ input: process.stdin })) {
    const [, , ref = ""] = line.split(" ");
    if (ref.startsWith(HEADS)) branches.push(ref.slice(HEADS.length));
    else say(`${ref}: is no branch, and makes no run`); // H2
  }
  return branches;
}

/**
 * @param {readonly string[]} branches
 * @returns {Promise<Applied[]>}
 */
async function applyAll(branches) {
  const all = [];
  const until = performance.now() + repository.patienceMs;
  for (const branch of branches) {
    try {
      const forMs = Math.max(0, until - performance.now());
      const onAway = () => say(`the control plane at ${client.server} does not answer yet …`);
      const one = await repeatWhileAway({ forMs, onAway }, () =>
        applyBranch({ client, repository, branch }),
      );
      sayApplied(one);
      all.push(one);
    } catch (error) {
      if (isAway(error)) {
        sayAway();
        return all;
      }
      say(`${branch}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return all;
}

/** @param {Applied} applied */
function sayApplied({ outcome, resource, commit, runId }) {
  const at = commit === undefined ? "" : ` at ${commit.slice(0, 10)}`;
  say(`${resource} ${outcome}${at}${runId === null ? "" : `, run ${runId}`}`);
}

function sayAway() {
  say("Your commits are stored, but not tested yet: the control plane is away.");
  say("They are made up for when the platform starts again, or by whoever looks after it with");
  say(`  node ${new URL("sync.mjs", import.meta.url).pathname} ${repository.directory}`);
}

/** @param {{ resource: string, runId: string }} run */
async function show({ resource, runId }) {
  const label = runs.length > 1 ? `${resource}: ` : "";
  const sayHere = (/** @type {string} */ text) => say(label + text);
  try {
    sayHere(outcomeOf(await showRun({ client, runId, say: sayHere })));
  } catch (error) {
    sayHere(`no longer shown here (${error instanceof Error ? error.message : error});`);
    sayHere(`the run goes on: npx conveyor logs -f ${runId}${server}`);
  }
}
