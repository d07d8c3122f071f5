// @ts-check
/**
 * Keeps a program running: what systemd or a container platform does elsewhere.
 *
 * K1 When it ends, it is started again, `RESTART_MS` later.
 * K2 After `MAX_ENDS` ends within `WITHIN_MS` it is given up, and `onGivenUp` called; at once when it
 *    says by exit code 2 that it cannot start as it was told.
 * K3 `stop` tells it to end, tells it again `DRAIN_MS` later not to wait for its work, and kills it
 *    `KILL_MS` after that. Idempotent.
 * K4 When this process ends without `stop`, it is told to end at least.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { cleanEnvironment } from "./clean-environment.mjs";

const RESTART_MS = 500;
const CANNOT_START = 2;
const MAX_ENDS = 5;
const WITHIN_MS = 60_000;
const DRAIN_MS = 2_000;
const KILL_MS = 12_000;

/**
 * @typedef {object} Program
 * @property {string} name for people
 * @property {() => readonly string[]} args what Node is to run, asked at each start
 * @property {Record<string, string>} [env]
 * @property {(line: string) => void} [onLine] takes its standard output
 * @property {(text: string) => void} say
 * @property {() => void} onGivenUp
 */

/** @param {Program} program */
export function keepRunning(program) {
  const { name, say } = program;
  /** @type {number[]} */
  const ends = [];
  let isStopping = false;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  let child = start();
  process.once("exit", () => child.kill("SIGTERM")); // K4

  function start() {
    const started = startOnce(program);
    started.once("exit", (code, signal) => {
      if (isStopping) return;
      const now = performance.now();
      ends.push(now);
      const isTooOften = ends.filter((at) => now - at < WITHIN_MS).length >= MAX_ENDS;
      const isGivenUp = isTooOften || code === CANNOT_START;
      const next = isGivenUp ? "it is given up" : "it is started again";
      say(`${name} ended (${signal ?? `exit code ${code}`}): ${next}`);
      if (isGivenUp) program.onGivenUp();
      else timer = setTimeout(() => (child = start()), RESTART_MS);
    });
    return started;
  }

  return {
    get pid() {
      return child.pid;
    },
    async stop() {
      isStopping = true;
      clearTimeout(timer);
      await end(child);
    },
  };
}

/** @param {Program} program */
function startOnce({ name, args, env, onLine, say }) {
  // A process group of its own: Ctrl-C reaches the platform alone, which stops things in order.
  const child = spawn(process.execPath, args(), {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: cleanEnvironment(env),
  });
  createInterface({ input: child.stdout }).on("line", (line) => onLine?.(line));
  createInterface({ input: child.stderr }).on("line", (line) => say(`${name}: ${line}`));
  return child;
}

/** @param {import("node:child_process").ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const timers = [
    setTimeout(() => child.kill("SIGTERM"), DRAIN_MS),
    setTimeout(() => child.kill("SIGKILL"), DRAIN_MS + KILL_MS),
  ];
  await exit;
  for (const timer of timers) clearTimeout(timer);
}
