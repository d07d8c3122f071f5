// @ts-check
/** Driver `archive-packager`: makes an archive of what was tested, and says by which digest to know it. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { DriverManager, defineDriver } from "@conveyor-ci/driver";
import { runCommand } from "./run-command.mjs";

const driver = defineDriver({
  name: "archive-packager",
  resources: ["repository"],
  async reconcile({ resource, results, logger, signal }) {
    const { directory } = /** @type {{ directory: string }} */ (results["checkout"]?.data);
    const file = join(dirname(directory), `${resource.name}.tar`);
    const command = ["git", "archive", "--format=tar", `--output=${file}`, "HEAD"];
    const code = await runCommand({ command, cwd: directory, logger, signal });
    if (code !== 0) {
      return { success: false, message: `step package: git archive exited with code ${code}` };
    }
    const hash = createHash("sha256");
    await pipeline(createReadStream(file), hash);
    const sha256 = hash.digest("hex");
    const { size: sizeBytes } = await stat(file);
    logger.info(`sha256 ${sha256}, ${sizeBytes} bytes`);
    return { success: true, message: `packaged as ${file}`, data: { file, sha256, sizeBytes } };
  },
});

await new DriverManager(driver).run();
