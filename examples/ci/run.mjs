// @ts-check
/**
 * `node examples/ci/run.mjs`: what people do with the platform, played from beginning to end.
 *
 * Starts the platform in a directory of its own (on the control plane that CONVEYOR_SERVER names, if
 * any) and pushes to it with git: a sound commit, a broken one, one whose run is cancelled; then a
 * branch is deleted. Exits with 0 when each ended as it should.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { cleanEnvironment } from "./clean-environment.mjs";
import { KIND } from "./platform.mjs";
import { git } from "./repository/git.mjs";
import { changes, commitFiles } from "./sample-repository.mjs";
import { startPlatform } from "./start-platform.mjs";

/** @typedef {Awaited<ReturnType<typeof startPlatform>>} Platform */

const directory = await mkdtemp(join(tmpdir(), "conveyor-ci-"));
const platform = await startPlatform({
  directory,
  port: "0",
  server: process.env["CONVEYOR_SERVER"] || undefined,
  // On a control plane that others use too, a name that nobody has.
  repository: `shop-${randomUUID().slice(0, 8)}`,
  say: (text) => console.log(text),
  onGivenUp: () => process.exit(1),
});
try {
  process.exitCode = (await demonstrate(platform)) ? 0 : 1;
} finally {
  await platform.stop();
  await rm(directory, { recursive: true, force: true });
}

/**
 * @param {Platform} of
 * @returns {Promise<boolean>} whether all went as it should
 */
async function demonstrate({ client, repository }) {
  const clone = join(directory, "clone");
  git(directory, "clone", "--quiet", repository.directory, clone);

  commitFiles(clone, { files: changes.sound, message: "Say what this is" });
  const sound = await push(clone, ["main"]);
  commitFiles(clone, { files: changes.broken, message: "Greet everybody the same" });
  const broken = await push(clone, ["main"]);

  git(clone, "switch", "--quiet", "--create", "try/endless", "HEAD~1");
  commitFiles(clone, { files: changes.endless, message: "Wait for ever" });
  let runId = "";
  const endless = await push(clone, ["try/endless"], (line) => {
    runId = / run (\S+)/.exec(line)?.[1] ?? runId;
    if (line.includes("| waiting")) void client.runs.cancel(runId);
  });
  const deletion = await push(clone, ["--delete", "try/endless"]);

  const left = [];
  for await (const { metadata } of client.resources.list({
    kind: KIND,
    selector: `repository=${repository.name}`,
  })) {
    left.push(metadata["branch"]);
  }
  console.log(`\nbranches that are known to the platform: ${left.join(", ")}`);
  const has = (/** @type {string[]} */ lines, /** @type {RegExp} */ end) =>
    lines.some((line) => end.test(line));
  return (
    has(sound, /SUCCEEDED/) &&
    has(broken, /FAILED/) &&
    has(endless, /CANCELLED/) &&
    has(deletion, /deleted/) &&
    left.join() === "main"
  );
}

/**
 * `git push`, as a person would, with what that person sees.
 *
 * @param {string} clone
 * @param {readonly string[]} args
 * @param {(line: string) => void} [onLine]
 */
async function push(clone, args, onLine) {
  console.log(`\n$ git push origin ${args.join(" ")}`);
  const child = spawn("git", ["push", "origin", ...args], {
    cwd: clone,
    stdio: ["ignore", "inherit", "pipe"],
    env: cleanEnvironment(),
  });
  /** @type {string[]} */
  const lines = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    console.log(line.trimEnd());
    lines.push(line);
    onLine?.(line);
  });
  await once(child, "close");
  return lines;
}
