// @ts-check
/**
 * Runs a command for a step run.
 *
 * C1 Its output goes into the run's log line by line, as it comes.
 * C2 It runs in a process group of its own. When the step run is no longer wanted, the whole group is
 *    told to end, and killed when it does not; what the command leaves behind goes with it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { finished } from "node:stream/promises";

/**
 * @typedef {import("@conveyor-ci/driver").DriverLogger} DriverLogger
 * @typedef {{ command: readonly string[], cwd: string, logger: DriverLogger, signal: AbortSignal }} CommandOptions
 */

/** What a command has after SIGTERM; the control plane gives a handler 10 s. */
const TERM_GRACE_MS = 5_000;

/**
 * Answers the exit code once the command has ended and its last line is in the log.
 *
 * @param {CommandOptions} options
 * @returns {Promise<number>} 128 and more: a signal ended it
 * @throws the signal's reason when the step run was no longer wanted
 */
export async function runCommand({ command, cwd, logger, signal }) {
  signal.throwIfAborted();
  const [program = "", ...args] = command;
  logger.log({ command: program }, `$ ${command.join(" ")}`);
  const child = spawn(program, args, {
    cwd,
    detached: true, // C2
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, GIT_TERMINAL_PROMPT: "0" },
  });
  const stop = stopGroupOn(signal, child);
  const streams = [
    child.stdout.pipe(logger.stream("stdout")), // C1
    child.stderr.pipe(logger.stream("stderr")),
  ];
  try {
    const [code] = await once(child, "exit");
    signalGroup(child, "SIGKILL");
    await Promise.all(streams.map((stream) => finished(stream)));
    signal.throwIfAborted();
    return code ?? 128;
  } finally {
    stop();
  }
}

/**
 * @param {AbortSignal} signal
 * @param {import("node:child_process").ChildProcess} child
 * @returns {() => void} takes the hook away again
 */
function stopGroupOn(signal, child) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const stop = () => {
    signalGroup(child, "SIGTERM");
    timer = setTimeout(() => signalGroup(child, "SIGKILL"), TERM_GRACE_MS);
  };
  signal.addEventListener("abort", stop, { once: true });
  return () => {
    signal.removeEventListener("abort", stop);
    clearTimeout(timer);
  };
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // Nobody of the group is left.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
