// @ts-check
/**
 * A CI platform in one command: `node examples/ci/run.mjs`.
 *
 * Starts a control plane (unless CONVEYOR_SERVER names one) and the three drivers, makes a git
 * repository, and lets Conveyor carry out two changes of it: a commit whose test passes, and one
 * whose test fails. Exits with 0 when both ended as they should.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@conveyor-ci/client";
import { startServer } from "@conveyor-ci/server/main";
import { definition, driverPrograms, KIND, pipeline } from "./platform.mjs";
import { makeRepository, testCommand } from "./sample-repository.mjs";

/**
 * @typedef {import("@conveyor-ci/client").Client} Client
 * @typedef {Awaited<ReturnType<Client["runs"]["get"]>>} Run
 */

// Started from a git hook, git would work on the repository of the hook.
for (const name of Object.keys(process.env)) if (name.startsWith("GIT_")) delete process.env[name];

const directory = await mkdtemp(join(tmpdir(), "conveyor-ci-"));
const controlPlane = await findControlPlane();
const client = createClient({ server: controlPlane.url });
const stopDrivers = startDrivers();
try {
  process.exitCode = (await demonstrate()) ? 0 : 1;
} finally {
  await stopDrivers();
  await controlPlane.stop();
  await rm(directory, { recursive: true, force: true });
}

/** @returns {Promise<{ url: string, stop: () => Promise<void> }>} */
async function findControlPlane() {
  const given = process.env["CONVEYOR_SERVER"];
  if (given) return { url: given, stop: async () => {} };
  const data = join(directory, "data");
  return startServer({ host: "127.0.0.1", port: 0, data, logLevel: "warn" });
}

/** Each driver is a program of its own; that it connects after the first run was made is no matter. */
function startDrivers() {
  const children = driverPrograms.map((name) =>
    spawn(process.execPath, [fileURLToPath(new URL(`drivers/${name}.mjs`, import.meta.url))], {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, CONVEYOR_SERVER: controlPlane.url, CI_WORK: join(directory, "work") },
    }),
  );
  const exits = children.map((child) => once(child, "exit"));
  return async () => {
    for (const child of children) child.kill("SIGTERM");
    await Promise.all(exits);
  };
}

/** @returns {Promise<boolean>} whether both runs ended as they should */
async function demonstrate() {
  const url = join(directory, "repository");
  const { sound, broken } = makeRepository(url);
  await client.definitions.apply(definition);
  await client.pipelines.apply(pipeline);
  console.log(`control plane ${controlPlane.url}\nrepository ${url}`);

  const name = `greeter-${randomUUID().slice(0, 8)}`;
  const body = { name, resource: KIND, pipeline: pipeline.name };
  const created = await client.resources.create({
    ...body,
    spec: { url, commit: sound.commit, test: testCommand },
  });
  const first = await follow(created.runid, sound);

  const updated = await client.resources.update(
    { kind: KIND, name },
    { ...body, spec: { url, commit: broken.commit, test: testCommand } },
  );
  const second = await follow(updated.runId, broken);
  return first.state === "succeeded" && second.state === "failed";
}

/**
 * Prints the run's lines as they come, and how it ended.
 *
 * @param {string | null} runId
 * @param {{ commit: string, message: string }} commit
 */
async function follow(runId, commit) {
  if (runId === null) throw new Error("the change made no run");
  console.log(`\nrun ${runId}: commit ${commit.commit.slice(0, 10)} "${commit.message}"`);
  for await (const item of client.logs.follow({ runId })) {
    if (item.kind === "line") console.log(`  ${item.line.step.padEnd(8)} | ${item.line.message}`);
  }
  const run = await client.runs.get(runId);
  print(run);
  return run;
}

/** @param {Run} run */
function print(run) {
  console.log(`run ${run.id} ${run.state}`);
  for (const { id, state, message, result } of run.steps) {
    console.log(`  ${id.padEnd(8)} ${state.padEnd(9)} ${message ?? result?.message ?? ""}`);
    const data = /** @type {{ sha256?: string } | null | undefined} */ (result?.data);
    if (data?.sha256) console.log(`  ${"".padEnd(8)} ${"".padEnd(9)} sha256:${data.sha256}`);
  }
}
