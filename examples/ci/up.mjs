// @ts-check
/**
 * `node examples/ci/up.mjs`: the platform, until Ctrl-C. `--directory` is where its state is
 * (`.conveyor/ci`), `--port` the control plane's port (8080). With CONVEYOR_SERVER set it uses that
 * control plane instead of one of its own.
 */
import { parseArgs } from "node:util";
import { startPlatform } from "./start-platform.mjs";

const options = readOptions();
/** @type {Awaited<ReturnType<typeof startPlatform>> | undefined} */
let platform;
let isStopping = false;

function readOptions() {
  try {
    return parseArgs({
      options: {
        directory: { type: "string", default: ".conveyor/ci" },
        port: { type: "string", default: "8080" },
      },
    }).values;
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    return process.exit(2);
  }
}

/** @param {number} exitCode */
async function stop(exitCode) {
  if (isStopping) return;
  isStopping = true;
  await platform?.stop();
  process.exit(exitCode);
}

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => void stop(0));
}

try {
  platform = await startPlatform({
    ...options,
    server: process.env["CONVEYOR_SERVER"] || undefined,
    say: (text) => console.log(text),
    onGivenUp: () => void stop(1),
  });
  console.log(`repository      ${platform.repository.directory}

In another terminal:
  git clone ${platform.repository.directory}

Ctrl-C stops the platform; what it knows stays in ${platform.directory}`);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  await stop(1);
}
