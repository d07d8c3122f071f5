import { Writable } from "node:stream";
import type { DriverLogger } from "@conveyor-ci/driver";
import { expect, it } from "vitest";
import { keepLastLines } from "../examples/ci/drivers/last-lines.mjs";
import { runCommand } from "../examples/ci/drivers/run-command.mjs";
import { isAlive } from "./harness/is-alive.ts";

/** Keeps what is logged, by stream or level. */
function createLogger() {
  const logged: string[] = [];
  const at = (level: string) => (message: string) => void logged.push(`${level} ${message}`);
  const stream = (name: string) =>
    new Writable({
      write(chunk, _encoding, done) {
        logged.push(`${name} ${String(chunk).trimEnd()}`);
        done();
      },
    });
  const logger = { debug: at("debug"), info: at("info"), warn: at("warn"), stream };
  return { logged, logger: logger as unknown as DriverLogger };
}

function run(command: readonly string[], signal = new AbortController().signal) {
  const { logged, logger } = createLogger();
  return { logged, end: runCommand({ command, cwd: ".", logger, signal }) };
}

it("a command that is not there fails like one that is", async () => {
  const { end } = run(["no-such-program"]);
  expect(await end).toMatchObject({ success: false, exitCode: 127 });
  expect((await end).message).toMatch(/exited with code 127; its last lines:\n.*not found/);
});

it("a command that a signal ends has no exit code, and names the signal", async () => {
  const { end } = run(["sh", "-c", "echo so far; kill -SEGV $$"]);
  const message = "`sh -c echo so far; kill -SEGV $$` was ended by SIGSEGV";
  expect(await end).toEqual({
    success: false,
    exitCode: null,
    message: `${message}; its last lines:\nso far`,
  });
});

it("what a command left running in its group neither holds it up nor outlives it", async () => {
  const { logged, end } = run(["sh", "-c", "sleep 600 & echo $!"]);
  expect(await end).toMatchObject({ success: true });
  const pid = Number(logged.at(-1)?.replace("stdout ", ""));
  // Killed already, but it may not have got the time to end.
  await expect.poll(() => isAlive(pid)).toBe(false);
});

it("a process that left the group with the output in its hands is not waited for", async () => {
  const away = `require("node:child_process")
    .spawn("sleep", ["8"], { detached: true, stdio: "inherit" }).unref()`;
  const { logged, end } = run([process.execPath, "-e", away]);
  const startedAt = performance.now();
  expect(await end).toMatchObject({ success: true });
  expect(performance.now() - startedAt).toBeLessThan(7_000);
  expect(logged.at(-1)).toMatch(/^warn a process that left its group/);
});

it("a step run that is no longer wanted starts nothing", async () => {
  const { logged, end } = run(["echo", "x"], AbortSignal.abort(new Error("cancelled")));
  await expect(end).rejects.toThrow("cancelled");
  expect(logged).toEqual([]);
});

it("the last lines are few and short, however much was said", () => {
  const last = keepLastLines();
  for (let count = 1; count <= 10_000; count += 1) last.push(`line ${count}\n`);
  expect(last.text().split("\n")).toHaveLength(15);
  expect(last.text()).toMatch(/^line 9986\n[^]*line 10000$/);
  last.push(`\u001b[31m${"x".repeat(100_000)}\u001b[0m\n`);
  expect(last.text()).toBe("x".repeat(2_000));
});
