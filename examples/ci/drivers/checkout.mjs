// @ts-check
/** Driver `git-checkout`: brings the commit that is wanted into a directory of the run's own. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { DriverManager, defineDriver } from "@conveyor-ci/driver";
import { runCommand } from "./run-command.mjs";

const WORK = process.env["CI_WORK"] ?? "work";

const driver = defineDriver({
  name: "git-checkout",
  resources: ["repository"],
  async reconcile({ resource, runId, logger, signal }) {
    const { url, commit } = /** @type {{ url: string, commit: string }} */ (resource.spec);
    const directory = join(WORK, runId, "source");
    // A step run may be delivered again, so what an attempt before left is none of its business.
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    const commands = [
      ["git", "clone", "--no-checkout", url, "."],
      ["git", "-c", "advice.detachedHead=false", "checkout", "--detach", commit],
    ];
    for (const command of commands) {
      const code = await runCommand({ command, cwd: directory, logger, signal });
      if (code !== 0) {
        const message = `step checkout: \`${command.join(" ")}\` exited with code ${code}`;
        return { success: false, message, data: { exitCode: code } };
      }
    }
    return { success: true, message: `checked out ${commit}`, data: { directory, commit } };
  },
});

await new DriverManager(driver).run();
