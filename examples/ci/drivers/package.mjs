// @ts-check
/**
 * Driver `archive-packager`: makes an archive of the commit that was tested, and says by which digest
 * to know it. Archives lie in CI_ARTIFACTS under their digest, so the same content is there once.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { defineDriver } from "@conveyor-ci/driver";
import { runCommand } from "./run-command.mjs";
import { runDriver } from "./run-driver.mjs";
import { assertIsHere } from "./work-directory.mjs";

const ARTIFACTS = process.env["CI_ARTIFACTS"] ?? "artifacts";

const driver = defineDriver({
  name: "archive-packager",
  resources: ["repository"],
  async reconcile({ runId, results, logger, signal }) {
    const checkout = results["checkout"]?.data;
    const { directory, commit } = /** @type {import("../platform.mjs").CheckoutData} */ (checkout);
    assertIsHere(directory);
    await mkdir(ARTIFACTS, { recursive: true });
    const unfinished = join(ARTIFACTS, `.${runId}.tar`);
    const command = ["git", "archive", "--format=tar", `--output=${unfinished}`, commit];
    const level = /** @type {const} */ ("debug");
    const end = await runCommand({ command, cwd: directory, logger, signal, level });
    if (!end.success) return { success: false, message: end.message };

    const sha256 = await digestOf(unfinished);
    const { size: sizeBytes } = await stat(unfinished);
    const file = join(ARTIFACTS, `${sha256}.tar`);
    await rename(unfinished, file);
    logger.info(`sha256:${sha256}, ${sizeBytes} bytes`);
    const data = { file, sha256, sizeBytes, commit, test: results["test"]?.data };
    return { success: true, message: `packaged ${commit} as ${file}`, data };
  },
});

/** @param {string} file */
async function digestOf(file) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

await runDriver(driver);
