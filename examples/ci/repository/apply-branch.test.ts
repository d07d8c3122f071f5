import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createTestControlPlane, type TestControlPlane } from "@conveyor-ci/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { definition, KIND, pipeline } from "../platform.mjs";
import { commitFiles } from "../sample-repository.mjs";
import { applyBranch, applyRepository } from "./apply-branch.mjs";
import { git } from "./git.mjs";

const MAIN = { kind: KIND, name: "shop.main" };

let plane: TestControlPlane;
let directory: string;
beforeEach(async () => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "conveyor-apply-")));
  git(directory, "init", "--quiet", "--initial-branch=main");
  plane = await createTestControlPlane();
  await plane.define(definition);
  await plane.pipeline(pipeline);
});
afterEach(async () => {
  await plane.stop();
  rmSync(directory, { recursive: true, force: true });
});

const repository = () => ({ name: "shop", directory, server: undefined, patienceMs: 0 });
const apply = (branch: string) =>
  applyBranch({ client: plane.client, repository: repository(), branch });
const commit = (text: string) =>
  commitFiles(directory, { files: { "file.txt": text }, message: text });

it("pushes that overlap leave the resource at the newest commit, and each names a run", async () => {
  const all = [];
  let newest = "";
  for (let count = 1; count <= 8; count += 1) {
    newest = commit(`number ${count}`);
    all.push(apply("main"));
    // Each push comes when those before it are somewhere on their way.
    for (let turn = 0; turn < count; turn += 1) await nextTurn();
  }
  const applied = await Promise.all(all);
  expect(applied.filter(({ runId }) => runId === null)).toEqual([]);
  const resource = await plane.client.resources.get(MAIN);
  expect(resource.spec).toMatchObject({ commit: newest });
  const runs = await plane.client.runs.list({ name: MAIN.name }).page();
  const made = applied.flatMap(({ outcome, runId }) => (outcome === "unchanged" ? [] : [runId]));
  expect(runs.items.map(({ id }) => id).sort()).toEqual(made.sort());
});

it("what is in line already is left alone", async () => {
  commit("one");
  const first = await apply("main");
  expect(await apply("main")).toEqual({ ...first, outcome: "unchanged" });
});

it("a repository's missed pushes and deletions are made up for", async () => {
  commit("one");
  git(directory, "branch", "old");
  await apply("old");
  git(directory, "branch", "--delete", "--force", "old");
  git(directory, "branch", "new");
  const all = await applyRepository({ client: plane.client, repository: repository() });
  const outcomes = all.map(({ resource, outcome }) => `${resource} ${outcome}`);
  expect(outcomes.sort()).toEqual(["shop.main created", "shop.new created", "shop.old deleted"]);
});

it("another repository of the same name is refused, and told what to do", async () => {
  commit("one");
  const spec = { url: "/elsewhere/shop.git", branch: "main", commit: "0".repeat(40) };
  await plane.apply({ name: MAIN.name, resource: KIND, pipeline: "ci", spec });
  await expect(apply("main")).rejects.toThrow(/that of \/elsewhere\/shop\.git.*conveyor\.name/);
});
