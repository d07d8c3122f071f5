// @ts-check
/**
 * `npm start`: the control plane and the sample driver at work, in a checkout that may be fresh.
 *
 * S1 The server and the driver are processes of their own; when one of them ends, or a signal
 *    comes, everything that was started is ended, and then this program.
 * S2 It works again on the data it left behind, and without a terminal.
 * S3 A signal to npm reaches this program, because the script in package.json has its shell replaced
 *    by it (`exec`): a shell would keep SIGINT to itself. The loss of npm counts as a signal.
 * S4 Nothing but Node's own modules is used before `prepare` is done.
 */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { prepare } from "./prepare.mjs";
import { ROOT } from "./run-step.mjs";

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */

/** Longest wait for a child that was told to stop. */
const STOP_MS = 12_000;
const PARENT_CHECK_MS = 500;
const KIND = "resource-1";
const DEFINITION = {
  name: KIND,
  description: "What the sample driver works on",
  schema: { type: "object", properties: { replicas: { type: "integer", minimum: 0 } } },
};

/** @type {Map<string, ChildProcess>} */
const children = new Map();
let isStopping = false;

/** What was asked for: flags before the environment before defaults. */
function readOptions() {
  const text = /** @type {const} */ ({ type: "string" });
  const { values } = parseArgs({ options: { port: text, data: text } });
  const port = values.port ?? (process.env["CONVEYOR_PORT"] || "8080");
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new Error(`the port is ${JSON.stringify(port)}, but must be a number from 0 to 65535`);
  }
  const data = values.data ?? (process.env["CONVEYOR_DATA"] || ".conveyor");
  return { port: Number(port), data: resolve(ROOT, data) };
}

/**
 * Fails early and plainly where the port is taken.
 *
 * @param {number} port
 * @returns {Promise<void>}
 */
async function assertFree(port) {
  const probe = createServer();
  await new Promise((done, fail) => {
    probe.once("error", (error) => {
      const isTaken = /** @type {NodeJS.ErrnoException} */ (error).code === "EADDRINUSE";
      const hint = `choose another: npm start -- --port ${port + 1}`;
      fail(isTaken ? new Error(`port ${port} is taken by another program\nhint: ${hint}`) : error);
    });
    probe.listen(port, "127.0.0.1", () => probe.close(done));
  });
}

/**
 * Starts a program of the repository and answers its standard output.
 *
 * @param {string} name
 * @param {readonly string[]} command
 * @param {Record<string, string>} [env]
 */
function start(name, command, env = {}) {
  // A process group of its own: Ctrl-C reaches this program alone, which stops things in order.
  const child = spawn(process.execPath, command, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
    detached: process.platform !== "win32",
  });
  children.set(name, child);
  child.on("exit", (code, signal) => {
    children.delete(name);
    if (isStopping) return;
    console.error(`the ${name} ended (${signal ?? `exit code ${code}`})`);
    void stopAll(code || 1);
  });
  return child;
}

/**
 * Ends everything: first the driver, which hands back its work, then the server.
 *
 * @param {number} exitCode
 */
async function stopAll(exitCode) {
  if (isStopping) return;
  isStopping = true;
  for (const name of ["driver", "server"]) {
    const child = children.get(name);
    if (child !== undefined) await stopChild(child);
  }
  process.exit(exitCode);
}

/** @param {ChildProcess} child */
async function stopChild(child) {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const overdue = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  child.kill("SIGTERM");
  await ended;
  clearTimeout(overdue);
}

/**
 * Starts the server and answers its address once it listens.
 *
 * @param {{ port: number, data: string }} options
 * @returns {Promise<string>}
 */
async function startServer({ port, data }) {
  const program = join(ROOT, "packages/cli/dist/main.js");
  const { stdout } = start("server", [program, "up", "--port", `${port}`, "--data", data]);
  if (stdout === null) throw new Error("the server has no standard output");
  for await (const line of createInterface({ input: stdout })) {
    const address = /^listening on (http:\S+)$/.exec(line)?.[1];
    if (address === undefined) continue;
    console.log(line);
    stdout.resume();
    return address;
  }
  // Its exit ends this program too, after the server has said on stderr why.
  return await new Promise(() => {});
}

/** @param {string} url */
function startDriver(url) {
  const program = join(ROOT, "examples/sample-driver/driver.mjs");
  start("driver", [program], { CONVEYOR_SERVER: url }).stdout?.resume();
}

/**
 * One resource, from its creation to its result, with the lines in between.
 *
 * @param {string} url
 * @returns {Promise<string>} the run
 */
async function showRun(url) {
  const { createClient } = await import("@conveyor-ci/client");
  const client = createClient({ server: url });
  await client.definitions.apply(DEFINITION);
  const name = `app-${Date.now().toString(36)}`;
  const created = await client.resources.create({ name, resource: KIND, spec: { replicas: 1 } });
  const runId = created.runid;
  if (runId === null) throw new Error(`the creation of ${name} made no run`);
  console.log(`\ncreated ${KIND}/${name}, run ${runId}; its log:`);
  for await (const item of client.logs.follow({ runId })) {
    if (item.kind === "line") console.log(`  ${item.line.driver} | ${item.line.message}`);
  }
  const run = await client.runs.get(runId);
  console.log(`${run.state}: ${run.steps.map(({ result }) => result?.message).join(", ")}`);
  return runId;
}

/**
 * @param {string} url
 * @param {string} runId
 */
function sayWhatNext(url, runId) {
  const server = url === "http://127.0.0.1:8080" ? "" : ` --server ${url}`;
  const body = `{"resource":"${KIND}","name":"my-${Date.now().toString(36)}","spec":{"replicas":2}}`;
  console.log(`
Try next, in another terminal:
  curl ${url}/resources/ -H 'content-type: application/json' -d '${body}'
  npx conveyor get runs${server}
  npx conveyor logs -f ${runId}${server}

Ctrl-C stops everything; the data stays.`);
}

async function main() {
  const options = readOptions();
  await assertFree(options.port);
  console.log("preparing (the first time takes a minute)…");
  await prepare({ quiet: true });
  if (isStopping) return;
  const url = await startServer(options);
  startDriver(url);
  sayWhatNext(url, await showRun(url));
}

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => void stopAll(0));
}

if (process.env["npm_lifecycle_event"] !== undefined) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void stopAll(0);
  }, PARENT_CHECK_MS).unref();
}

try {
  await main();
} catch (error) {
  if (!isStopping) {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    await stopAll(1);
  }
}
