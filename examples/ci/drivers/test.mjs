// @ts-check
/** Driver `command-tester`: runs the repository's own test command where checkout has put it. */
import { DriverManager, defineDriver } from "@conveyor-ci/driver";
import { runCommand } from "./run-command.mjs";

const driver = defineDriver({
  name: "command-tester",
  resources: ["repository"],
  async reconcile({ resource, results, logger, signal }) {
    const { test: command } = /** @type {{ test: string[] }} */ (resource.spec);
    const { directory } = /** @type {{ directory: string }} */ (results["checkout"]?.data);
    const exitCode = await runCommand({ command, cwd: directory, logger, signal });
    const text = `step test: \`${command.join(" ")}\` exited with code ${exitCode}`;
    return { success: exitCode === 0, message: text, data: { exitCode } };
  },
});

// Tests take what they can get of the machine: one after the other.
await new DriverManager(driver, { concurrency: 1 }).run();
