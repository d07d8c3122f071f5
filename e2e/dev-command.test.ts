import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@conveyor-ci/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Child } from "./harness/child.ts";
import { eventually } from "./harness/eventually.ts";
import { findLeftovers } from "./harness/leftovers.ts";
import { ROOT } from "./harness/root.ts";
import { createScope, type Scope } from "./harness/scope.ts";
import { STOP_WITHIN_MS } from "./harness/server-process.ts";

const COMMAND = join(ROOT, "packages/cli/dist/main.js");

/** A driver in TypeScript that logs what it does; `text` is what a change of its source changes. */
const sourceOf = (name: string, text: string) => `
import { defineDriver, DriverManager, type ReconcileContext } from "@conveyor-ci/driver";
const driver = defineDriver({
  name: "${name}",
  resources: ["app"],
  async reconcile({ resource, logger }: ReconcileContext) {
    logger.info(\`${text} \${resource.name}\`);
    if (resource.name === "bad") return { success: false, message: "no luck" };
    return { success: true };
  },
});
console.log("\\u001b[31mpid\\u001b[0m", process.pid);
await new DriverManager(driver).run();
`;

describe("conveyor dev", () => {
  let scope: Scope;
  let project: string;
  beforeEach(() => {
    scope = createScope("dev");
    project = join(scope.directory, "project");
    mkdirSync(project);
    symlinkSync(join(ROOT, "node_modules"), join(project, "node_modules"));
    writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  });
  afterEach(() => scope.close());

  const write = (file: string, source: string) => writeFileSync(join(project, file), source);

  async function startDev(...files: readonly string[]) {
    const child = scope.start({
      command: ["node", COMMAND, "dev", "--port", "0", "--data", "data", ...files],
      cwd: project,
    });
    const [, url = ""] = await child.line(/^listening on (http:\S+)$/);
    return { child, client: createClient({ server: url }) };
  }

  /** The process ids that a driver has said so far. */
  const pidsOf = (child: Child, name: string) =>
    child.lines.flatMap((line) => new RegExp(`^${name} +\\| pid (\\d+)$`).exec(line)?.[1] ?? []);

  const stopped = async (child: Child, signal: NodeJS.Signals) => {
    child.signal(signal);
    expect((await child.exit).code).toBe(0);
    // Without a grace: whoever waits for the command may start the next one at once.
    expect(findLeftovers(scope.mark)).toEqual([]);
  };

  it("runs a server and drivers, and starts only the one anew whose source changed", async () => {
    write("alpha.ts", sourceOf("alpha", "builds"));
    write("beta-long.ts", sourceOf("beta", "tests"));
    const { child, client } = await startDev("alpha.ts", "beta-long.ts");
    await child.line(/^alpha {5}\| connected to http:/);
    await child.line(/^beta-long \| connected to http:/);
    await client.definitions.create({ name: "app", schema: { type: "object" } });
    await client.resources.create({ resource: "app", name: "one", spec: {} });
    await child.line(/^alpha {5}\| app\/one: builds one$/);
    await child.line(/^beta {6}\| app\/one: tests one$/);
    await child.line(/^app\/one succeeded \(run \S+\)$/);

    write("alpha.ts", sourceOf("alpha", "compiles"));
    await child.line(/^alpha {5}\| changed: it is started anew$/);
    await eventually(() => pidsOf(child, "alpha").length === 2);
    await client.resources.create({ resource: "app", name: "bad", spec: {} });
    await child.line(/^alpha {5}\| app\/bad: compiles bad$/);
    await child.line(/^app\/bad failed \(run \S+\)$/);
    await child.line(/^ {2}step alpha \(driver alpha\) failed: no luck/);
    expect(pidsOf(child, "beta-long")).toHaveLength(1);
    expect(child.lines.join("\n")).not.toContain("\u001b");
    await stopped(child, "SIGINT");
  });

  it("says where a source cannot be built, and waits for the next change", async () => {
    write("alpha.ts", "const x = ;\n");
    const { child } = await startDev("alpha.ts");
    await child.line(/^alpha \| ERROR alpha\.ts:1:11: /);
    await child.line(/^alpha \| not started: it starts when a change mends this$/);
    write("alpha.ts", sourceOf("alpha", "builds"));
    await child.line(/^alpha \| connected to http:/);
    write("alpha.ts", `${sourceOf("alpha", "builds")}const x = ;\n`);
    await child.line(/^alpha \| not started anew: the one that runs goes on/);
    const [pid] = pidsOf(child, "alpha");
    expect(process.kill(Number(pid), 0)).toBe(true);
    await stopped(child, "SIGTERM");
  });

  it("shows nothing of what happened before it, and starts a driver again that ended", async () => {
    write("alpha.ts", sourceOf("alpha", "builds"));
    const before = await startDev("alpha.ts");
    await before.client.definitions.create({ name: "app", schema: { type: "object" } });
    for (const name of ["one", "two", "three"]) {
      await before.client.resources.create({ resource: "app", name, spec: {} });
    }
    await before.child.line(/^app\/three succeeded/);
    await stopped(before.child, "SIGHUP");

    write("alpha.ts", 'console.log("short");\n');
    const { child, client } = await startDev("alpha.ts");
    await child.line(/^alpha \| ended \(exit code 0\); it starts again when a source changes$/);
    // Made while nobody is there to take it: it is new to this session all the same.
    await client.resources.create({ resource: "app", name: "four", spec: {} });
    write("alpha.ts", sourceOf("alpha", "builds"));
    await child.line(/^app\/four succeeded/);
    expect(child.lines.filter((line) => /^app\/|app\/\w+:/.test(line))).toEqual([
      "alpha | app/four: builds four",
      expect.stringMatching(/^app\/four succeeded/),
    ]);
    await stopped(child, "SIGINT");
  });

  it("leaves nothing behind even when it is killed", async () => {
    write("alpha.ts", sourceOf("alpha", "builds"));
    const { child } = await startDev("alpha.ts");
    await child.line(/^alpha \| connected to http:/);
    await child.kill();
    await eventually(() => findLeftovers(scope.mark).length === 0, { withinMs: STOP_WITHIN_MS });
  });

  it("starts nothing where a file does not exist", async () => {
    const child = scope.start({
      command: ["node", COMMAND, "dev", "--port", "0", "missing.ts"],
      cwd: project,
    });
    expect((await child.exit).code).toBe(2);
    expect(child.lines).toEqual([
      "error: missing.ts: there is no such file",
      "hint: name the files of drivers, such as src/main.ts",
    ]);
  });
});
