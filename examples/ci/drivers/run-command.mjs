// @ts-check
/**
 * Runs a command for a step run.
 *
 * C1 Its stdout and stderr are streams of the run's log, line by line, as they come.
 * C2 It runs in a process group of its own. When it has ended, or the step run is no longer wanted
 *    (cancelled, timed out, …), whoever is left in the group is ended too: told first, killed after.
 * C3 The group ends with this process as well, however that ends: its guard reads from a pipe that
 *    breaks then. Another delivery of the step run does not meet what this one left.
 * C4 Who leaves the group (`setsid`) and keeps the output open is not waited for.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { finished } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { untrustedEnvironment } from "../clean-environment.mjs";
import { keepLastLines } from "./last-lines.mjs";

/**
 * @typedef {import("@conveyor-ci/driver").DriverLogger} DriverLogger
 * @typedef {import("node:child_process").ChildProcess} ChildProcess
 * @typedef {{ command: readonly string[], cwd: string, logger: DriverLogger, signal: AbortSignal,
 *   level?: "debug" | "info" }} CommandOptions
 * @typedef {{ exitCode: number | null, success: boolean, message: string }} CommandEnd
 */

/** What a command has after SIGTERM; the control plane gives a handler 10 s. */
const TERM_GRACE_MS = 5_000;

/** How long output is waited for when the command and its group have ended. */
const OUTPUT_GRACE_MS = 2_000;

/** Waits beside the command, deaf to SIGTERM, until the pipe breaks. */
const GUARDED = '(trap "" TERM; read -r _ <&3; kill -KILL 0) 2>&- >&- & exec "$@" 3<&-';

/**
 * Answers how the command ended, once its last line is in the log. `level` is that of the line that
 * names the command.
 *
 * @param {CommandOptions} options
 * @returns {Promise<CommandEnd>} `exitCode` is null when a signal ended it; `message` names the
 *   command, how it ended, and if that was no success its last lines
 * @throws the signal's reason when the step run was no longer wanted
 */
export async function runCommand({ command, cwd, logger, signal, level = "info" }) {
  signal.throwIfAborted();
  logger[level](`$ ${command.join(" ")}`);
  const child = spawn("sh", ["-c", GUARDED, "sh", ...command], {
    cwd,
    detached: true, // C2
    stdio: ["ignore", "pipe", "pipe", "pipe"], // C3: the fourth
    env: untrustedEnvironment(),
  });
  const lastLines = keepLastLines();
  const streams = ["stdout", "stderr"].map((name, index) => {
    const output = /** @type {import("node:stream").Readable} */ (child.stdio[index + 1]);
    output.on("data", lastLines.push);
    return output.pipe(logger.stream(name)); // C1
  });
  const unhook = endGroupOn(signal, child);
  try {
    const [code, killer] = await once(child, "exit");
    signalGroup(child, "SIGKILL");
    await drain(child, streams, logger);
    signal.throwIfAborted();
    return viewEnd(command, { code, killer, lastLines: lastLines.text() });
  } finally {
    unhook();
    child.stdio[3]?.destroy();
  }
}

/**
 * @param {readonly string[]} command
 * @param {{ code: number | null, killer: string | null, lastLines: string }} end
 * @returns {CommandEnd}
 */
function viewEnd(command, { code, killer, lastLines }) {
  const how = killer === null ? `exited with code ${code}` : `was ended by ${killer}`;
  const message = `\`${command.join(" ")}\` ${how}`;
  if (code === 0) return { exitCode: code, success: true, message };
  const tail = lastLines === "" ? "" : `; its last lines:\n${lastLines}`;
  return { exitCode: code, success: false, message: message + tail };
}

/**
 * @param {ChildProcess} child
 * @param {readonly import("node:stream").Writable[]} streams
 * @param {DriverLogger} logger
 */
async function drain(child, streams, logger) {
  const isDrained = Promise.all(streams.map((stream) => finished(stream))).then(() => true);
  const timer = new AbortController();
  const isLate = pause(OUTPUT_GRACE_MS, false, timer).catch(() => false);
  const inTime = await Promise.race([isDrained, isLate]);
  timer.abort();
  if (inTime) return;
  logger.warn("a process that left its group holds the output open; its lines are cut off here");
  for (const output of [child.stdout, child.stderr]) output?.destroy(); // C4
  for (const stream of streams) stream.end();
  await isDrained;
}

/**
 * @param {AbortSignal} signal
 * @param {ChildProcess} child
 * @returns {() => void} takes the hook away again
 */
function endGroupOn(signal, child) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const end = () => {
    signalGroup(child, "SIGTERM");
    timer = setTimeout(() => signalGroup(child, "SIGKILL"), TERM_GRACE_MS);
  };
  signal.addEventListener("abort", end, { once: true });
  return () => {
    signal.removeEventListener("abort", end);
    clearTimeout(timer);
  };
}

/**
 * @param {ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // Nobody of the group is left (macOS says EPERM of those that only wait to be buried).
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}
