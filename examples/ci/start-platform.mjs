// @ts-check
/**
 * The platform on one machine: a control plane, an instance of each driver, and a bare repository
 * with the hook. All state is in one directory, so that a platform started there again goes on.
 */
import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@conveyor-ci/client";
import { keepRunning } from "./keep-running.mjs";
import { definition, driverPrograms, pipeline } from "./platform.mjs";
import { applyRepository } from "./repository/apply-branch.mjs";
import { makeBareRepository } from "./repository/bare-repository.mjs";
import { fillRepository } from "./sample-repository.mjs";

/**
 * @typedef {object} PlatformOptions
 * @property {string} directory
 * @property {string} port 0: any that is free
 * @property {string | undefined} server a control plane that runs already, instead of one of its own
 * @property {string} [repository] name of the repository
 * @property {(text: string) => void} say
 * @property {() => void} onGivenUp called when a program of it ends again and again
 */

/** @param {PlatformOptions} options */
export async function startPlatform(options) {
  mkdirSync(options.directory, { recursive: true });
  const directory = realpathSync(options.directory);
  const { repository: name = "shop", say } = options;
  let isReady = false;
  const controlPlane = await startControlPlane({ ...options, directory }, () => {
    // What was pushed while it was away.
    if (isReady) void sync().catch((error) => say(`after the restart: ${error}`));
  });
  const client = createClient({ server: controlPlane.url });
  await client.definitions.apply(definition);
  await client.pipelines.apply(pipeline);

  const repositoryOptions = { server: controlPlane.url };
  const repository = makeBareRepository(join(directory, `${name}.git`), repositoryOptions);
  if (repository.isNew) fillRepository(repository.directory);
  const sync = () => applyRepository({ client, repository });
  await sync();
  isReady = true;

  // A step run waits for its driver: that they start last is no matter.
  const drivers = startDrivers({ ...options, directory }, controlPlane.url);
  return {
    client,
    url: controlPlane.url,
    repository,
    directory,
    /** Drivers first: they hand back their work. */
    async stop() {
      await Promise.all(drivers.map((driver) => driver.stop()));
      await controlPlane.stop();
    },
  };
}

/**
 * @param {PlatformOptions} options
 * @param {() => void} onListening called at each start
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
async function startControlPlane({ directory, port, server, say, onGivenUp }, onListening) {
  if (server !== undefined) return { url: server, stop: async () => {} };
  const manifest = fileURLToPath(import.meta.resolve("@conveyor-ci/cli/package.json"));
  const { bin } = JSON.parse(readFileSync(manifest, "utf8"));
  const command = join(dirname(manifest), bin.conveyor);
  const data = join(directory, "data");
  let chosen = port;
  return await new Promise((resolve, reject) => {
    const program = keepRunning({
      name: "control plane",
      args: () => [command, "up", "--port", chosen, "--data", data],
      say,
      onGivenUp() {
        reject(new Error("the control plane does not start"));
        onGivenUp();
      },
      onLine(line) {
        const url = /^listening on (http:\S+)$/.exec(line)?.[1];
        if (url === undefined) return;
        chosen = new URL(url).port; // the same after a restart
        say(`control plane   ${url} (process ${program.pid})`);
        resolve({ url, stop: () => program.stop() });
        onListening();
      },
    });
  });
}

/**
 * @param {PlatformOptions} options
 * @param {string} url
 */
function startDrivers({ directory, say, onGivenUp }, url) {
  const env = {
    CONVEYOR_SERVER: url,
    // The same after a restart of the driver.
    CI_INSTANCE: `${hostname()}-${process.pid}`,
    CI_WORK: join(directory, "work"),
    CI_ARTIFACTS: join(directory, "artifacts"),
  };
  return driverPrograms.map((name) => {
    const args = () => [fileURLToPath(new URL(`drivers/${name}.mjs`, import.meta.url))];
    return keepRunning({ name: `driver ${name}`, args, env, say, onGivenUp });
  });
}
