import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, createClient } from "@conveyor-ci/client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { pipeline } from "../examples/ci/platform.mjs";
import { git } from "../examples/ci/repository/git.mjs";
import { resourceName } from "../examples/ci/repository/resource-name.mjs";
import { changes, commitFiles } from "../examples/ci/sample-repository.mjs";
import type { Child } from "./harness/child.ts";
import { eventually } from "./harness/eventually.ts";
import { isAlive } from "./harness/is-alive.ts";
import { ROOT } from "./harness/root.ts";
import { createScope, type Scope } from "./harness/scope.ts";
import { useWorld } from "./harness/world.ts";

const GONE_AFTER_MS = 9_000;

describe("the CI platform's demonstration", () => {
  const world = useWorld("ci-run");

  it("packages a sound commit, names the step and the last lines of a broken one, cancels, deletes", async () => {
    const server = await world.startServer();
    const command = ["node", "examples/ci/run.mjs"];
    const child = world.scope.start({ command, cwd: ROOT, env: { CONVEYOR_SERVER: server.url } });
    expect(await child.exit, child.lines.join("\n")).toEqual({ code: 0, signal: null });

    const { items: runs } = await world.client.runs.list({ pipeline: "ci" }).page();
    const [cancelled, failed, ...sound] = await Promise.all(runs.map(({ id }) => world.run(id)));
    expect(sound.map(({ state }) => state)).toEqual(["succeeded", "succeeded"]);
    const data = sound[0]?.steps[2]?.result?.data as { sha256: string; test: object };
    expect(data.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(data.test).toMatchObject({ command: ["node", "greet.test.js"], exitCode: 0 });
    expect(failed?.steps.map(({ id, state }) => [id, state])).toEqual([
      ["checkout", "succeeded"],
      ["test", "failed"],
      ["package", "skipped"],
    ]);
    expect(failed?.steps[1]?.message ?? failed?.steps[1]?.result?.message).toBe(
      "`node greet.test.js` exited with code 1; its last lines:\n" +
        'greet("Ada") says: Hello!\nnot ok: it has to say "Hello, Ada!"',
    );
    const streams = (await world.lines(failed?.id ?? ""))
      .filter(({ step }) => step === "test")
      .map(({ stream }) => stream);
    expect(streams).toEqual([undefined, "stdout", "stderr"]);
    expect(cancelled?.state).toBe("cancelled");
  });
});

describe("the CI platform in examples/ci", () => {
  let scope: Scope;
  let platform: Child;
  let client: Client;
  let directory: string;
  let clone: string;

  // One platform for all of these stories, as in life; each has a clone and branches of its own.
  beforeAll(async () => {
    scope = createScope("ci");
    directory = join(scope.directory, "state");
    platform = startPlatform("0");
    const [, url = ""] = await platform.line(/^control plane\s+(http:\S+)/);
    client = createClient({ server: url });
    await platform.line(/^Ctrl-C/);
  });
  beforeEach(() => {
    clone = mkdtempSync(join(scope.directory, "clone-"));
    git(scope.directory, "clone", "--quiet", join(directory, "shop.git"), clone);
  });
  afterAll(async () => {
    platform.signal("SIGTERM");
    expect(await platform.exit).toEqual({ code: 0, signal: null });
    await scope.close();
  });

  function startPlatform(port: string) {
    const command = ["node", "examples/ci/up.mjs", "--port", port, "--directory", directory];
    return scope.start({ command, cwd: ROOT, env: { CONVEYOR_SERVER: "", CI_KEEP_RUNS: "2" } });
  }

  function push(...args: string[]) {
    return scope.start({ command: ["git", "push", "origin", ...args], cwd: clone });
  }

  /** The lines that the person who pushes sees of the platform. */
  async function pushed(...args: string[]) {
    const child = push(...args);
    expect(await child.exit, child.lines.join("\n")).toEqual({ code: 0, signal: null });
    return child.lines.flatMap((line) => /^remote: (.*?)\s*$/.exec(line)?.[1] ?? []);
  }

  /** Commits a test that starts a process deaf to SIGTERM, and one below it; both say who they are. */
  function commitEndless(): string {
    const file = join(scope.directory, "pids");
    const deaf = `trap "" TERM; sleep 600 & echo $$ $! > ${file}; echo started; wait; wait`;
    const test = ["sh", "-c", "echo driver is $PPID; sh deaf.sh & wait"];
    const files = { "deaf.sh": deaf, "ci.json": JSON.stringify({ test }) };
    commitFiles(clone, { files, message: "Never end" });
    return file;
  }

  const runOf = (child: Child) => child.line(/ run (\S+)/).then(([, id = ""]) => id);

  async function expectGone(pids: readonly number[]) {
    expect(pids).toHaveLength(2);
    const bound = { withinMs: GONE_AFTER_MS, what: `the end of ${pids.join(", ")}` };
    await eventually(() => !pids.some(isAlive), bound);
  }

  it("ends whatever a test has started when its run is cancelled, and when its time is over", async () => {
    const file = commitEndless();
    const pids = () => readFileSync(file, "utf8").trim().split(" ").map(Number);
    const child = push("HEAD:endless");
    await child.line(/\| started/);
    expect(pids().map(isAlive)).toEqual([true, true]);
    await client.runs.cancel(await runOf(child));
    await child.line(/CANCELLED/);
    await expectGone(pids());

    const steps = pipeline.steps.map((step) =>
      step.id === "test" ? { ...step, timeout: "1s" } : step,
    );
    await client.pipelines.apply({ ...pipeline, steps });
    rmSync(file);
    const lines = await pushed("HEAD:late");
    await client.pipelines.apply(pipeline);
    expect(lines).toContainEqual(expect.stringMatching(/^TIMED_OUT after/));
    await expectGone(pids());
  });

  it("ends whatever a test has started when its driver is killed, and then tests again", async () => {
    const file = commitEndless();
    const child = push("HEAD:killed");
    await child.line(/\| started/);
    const pids = readFileSync(file, "utf8").trim().split(" ").map(Number);
    const [, driver] = await child.line(/\| driver is (\d+)/);
    process.kill(Number(driver), "SIGKILL");
    await expectGone(pids);
    await eventually(() => child.lines.filter((line) => line.includes("| started")).length === 2);
    await client.runs.cancel(await runOf(child));
    await child.line(/CANCELLED/);
    await child.exit;
  });

  it("goes on with the same log when the control plane is killed in mid-push", async () => {
    const release = join(scope.directory, "release");
    const script = `echo before; while [ ! -e ${release} ]; do sleep 0.05; done; echo after`;
    const files = { "ci.json": JSON.stringify({ test: ["sh", "-c", script] }) };
    commitFiles(clone, { files, message: "Wait for a sign" });
    const child = push("HEAD:restart");
    await child.line(/\| before/);
    const [, pid] = await platform.line(/^control plane .* \(process (\d+)\)/);
    process.kill(Number(pid), "SIGKILL");
    await platform.line(/control plane ended \(SIGKILL\)/);
    await child.line(/the control plane is away/);
    writeFileSync(release, "");
    await child.line(/SUCCEEDED/);
    await child.exit;
    const shown = child.lines.map((line) => line.trimEnd());
    for (const line of ["before", "after"]) {
      expect(shown.filter((one) => one === `remote: test     | ${line}`)).toHaveLength(1);
    }
  });

  it("takes several refs in one push, deletes with the branch, makes no run for a tag, and keeps few directories", async () => {
    commitFiles(clone, { files: changes.sound, message: "Say what this is" });
    git(clone, "tag", "v1");
    const branches = ["fix-1", "fix/1", "fïx"];
    const lines = await pushed(...branches.map((branch) => `HEAD:refs/heads/${branch}`), "v1");
    const names = branches.map((branch) => resourceName("shop", branch));
    for (const name of names) {
      expect(lines).toContainEqual(expect.stringContaining(`${name}: SUCCEEDED`));
    }
    expect(lines).toContain("refs/tags/v1: is no branch, and makes no run");

    commitFiles(clone, { files: changes.broken, message: "Greet everybody the same" });
    await pushed("HEAD:fix-1", ":fix/1", ":fïx");
    const left = [];
    for await (const { name } of client.resources.list({ kind: "repository" })) left.push(name);
    expect(left.filter((name) => names.includes(name)).sort()).toEqual(["shop.fix-1"]);
    expect(readdirSync(join(directory, "work")).length).toBeLessThanOrEqual(3);
  });

  it("accepts a push while the control plane is away, and makes up for it when it is back", async () => {
    platform.signal("SIGTERM");
    await platform.exit;
    const commit = commitFiles(clone, { files: changes.sound, message: "Say what this is" });
    git(join(directory, "shop.git"), "config", "conveyor.patience", "0");
    const lines = await pushed("HEAD:away");
    expect(lines.join("\n")).toMatch(/stored, but not tested yet[^]*sync\.mjs/);

    platform = startPlatform(new URL(client.server).port);
    await eventually(async () => {
      const resource = await client.resources.get({ kind: "repository", name: "shop.away" });
      const spec = resource.spec as { commit: string };
      return spec.commit === commit && resource.status.phase === "succeeded";
    });
    await platform.line(/^Ctrl-C/);
  });
});
