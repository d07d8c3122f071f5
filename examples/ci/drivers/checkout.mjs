// @ts-check
/** Driver `git-checkout`: brings the commit that is wanted into a directory of the run's own. */
import { mkdir, rm } from "node:fs/promises";
import { defineDriver } from "@conveyor-ci/driver";
import { runCommand } from "./run-command.mjs";
import { runDriver } from "./run-driver.mjs";
import { removeOldRuns, sourceOf } from "./work-directory.mjs";

const driver = defineDriver({
  name: "git-checkout",
  resources: ["repository"],
  async reconcile({ resource, runId, client, logger, signal }) {
    const { url, commit } = /** @type {import("../platform.mjs").Spec} */ (resource.spec);
    const removed = await removeOldRuns({ runId, client });
    if (removed > 0) logger.debug(`removed the directories of ${removed} ended runs`);

    const directory = sourceOf(runId);
    // A step run may be delivered again, so what an attempt before left is none of its business.
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    const commands = [
      ["git", "init", "--quiet"],
      // By its id: the branch may be elsewhere by now, and the commit on none.
      ["git", "fetch", "--quiet", "--no-tags", "--depth=1", "--", url, commit],
      ["git", "-c", "advice.detachedHead=false", "checkout", "--quiet", "--detach", commit],
      ["git", "log", "-1", "--format=%h %an: %s"],
    ];
    const options = { cwd: directory, logger, signal, level: /** @type {const} */ ("debug") };
    for (const command of commands) {
      const { success, message } = await runCommand({ ...options, command });
      if (!success) return { success, message };
    }
    return { success: true, message: `checked out ${commit}`, data: { directory, commit } };
  },
});

await runDriver(driver);
