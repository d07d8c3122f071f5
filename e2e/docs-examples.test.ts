import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  codesOf,
  type Example,
  examplesOf,
  listPages,
  readPage,
  rowsOf,
} from "../scripts/docs/markdown.ts";
import { installed, ROOT } from "../scripts/run-step.mjs";
import { createScope, type Scope } from "./harness/scope.ts";
import { type ServerProcess, startServer } from "./harness/server-process.ts";

const WRITTEN_FOR = "http://127.0.0.1:8080";
const EXAMPLE_MS = 30_000;

const pages = listPages();
const runnable = pages
  .filter((page) => page !== "README.md")
  .filter((page) => examplesOf(page).some(({ mark }) => mark.startsWith("run")));

let scope: Scope;
beforeEach(() => {
  scope = createScope("docs");
});
afterEach(() => scope.close());

/** Programs of the page find the packages as they would in the clone. */
function makeClone(): string {
  const directory = join(scope.directory, "clone");
  mkdirSync(directory);
  symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
  return directory;
}

function startExample({ code }: Example, of: { server: ServerProcess; directory: string }) {
  return scope.start({
    command: ["bash", "-euo", "pipefail", "-c", code.replaceAll(WRITTEN_FOR, of.server.url)],
    cwd: of.directory,
    env: { CONVEYOR_SERVER: of.server.url },
  });
}

async function runExample(example: Example, of: { server: ServerProcess; directory: string }) {
  const { page, line, mark, code } = example;
  if (mark.startsWith("file: ")) {
    writeFileSync(join(of.directory, mark.slice("file: ".length)), code);
    return;
  }
  if (!mark.startsWith("run")) return;
  const child = startExample(example, of);
  if (mark === "run background") return;
  const timer = setTimeout(() => child.signal("SIGKILL"), EXAMPLE_MS);
  const exit = await child.exit;
  clearTimeout(timer);
  expect(exit.code, `${page}:${line} printed\n${child.lines.join("\n")}`).toBe(0);
}

describe("the documents' examples", () => {
  it.each(runnable)("in %s run as they stand there, in order", async (page) => {
    const of = { server: await startServer(scope), directory: makeClone() };
    for (const example of examplesOf(page)) await runExample(example, of);
  });

  it("in README.md run, and end with a run that its driver carried out", async () => {
    const of = { server: await startServer(scope), directory: makeClone() };
    for (const example of examplesOf("README.md")) await runExample(example, of);
    const runs = await fetch(`${of.server.url}/runs/`);
    const { items } = (await runs.json()) as { items: { state: string; steps: unknown[] }[] };
    expect(items.map(({ state }) => state)).toEqual(["succeeded"]);
    expect(items[0]?.steps).toMatchObject([{ driver: "hello-driver", message: "reconciled" }]);
  });

  it("copy a database in use, from which a server starts with all that was answered", async () => {
    const page = readPage("docs/guides/run-as-a-service.md");
    const sql = /sqlite3 conveyor\.db "(VACUUM INTO '.*?')"/.exec(page)?.[1] ?? "";
    const server = await startServer(scope);
    const body = JSON.stringify({ name: "app", schema: true });
    const headers = { "content-type": "application/json" };
    await fetch(`${server.url}/resource-definitions/`, { method: "POST", headers, body });
    const copy = join(scope.directory, "restored");
    mkdirSync(copy);
    const into = sql.replace("backup.db", join(copy, "conveyor.db"));
    const program = `import { DatabaseSync } from "@photostructure/sqlite";
      new DatabaseSync(${JSON.stringify(join(server.data, "conveyor.db"))}).exec(process.argv[1]);`;
    const copying = scope.start({
      command: ["node", "--input-type=module", "-e", program, into],
      cwd: join(ROOT, "packages/storage-sqlite"),
    });
    expect(await copying.exit.then(() => copying.lines)).toEqual([]);
    const restored = await startServer(scope, { data: copy });
    expect((await fetch(`${restored.url}/resource-definitions/app`)).status).toBe(200);
  });

  it("in TypeScript are free of type errors", async () => {
    const directory = join(ROOT, "node_modules/.cache/conveyor/docs-examples");
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    const examples = pages
      .filter((page) => !page.startsWith("docs/decisions/"))
      .flatMap(examplesOf)
      .filter(({ language, mark }) => language === "ts" && mark !== "sketch");
    expect(examples.length).toBeGreaterThan(3);
    for (const { page, line, code } of examples) {
      writeFileSync(join(directory, `${page.replaceAll("/", "-")}-${line}.ts`), code);
    }
    const config = { extends: join(ROOT, "tsconfig.base.json"), compilerOptions: { noEmit: true } };
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(config));
    const command = installed("typescript/bin/tsc", "-p", directory, "--pretty", "false");
    const child = scope.start({ command, cwd: ROOT });
    expect(await child.exit.then(() => child.lines)).toEqual([]);
  });
});

/** The metrics of a server that has something of everything they tell of. */
async function metricsOfAQueue(url: string): Promise<string> {
  const post = (path: string, body: object) =>
    fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const steps = [{ id: "one", driver: "none-yet" }];
  await post("/resource-definitions", { name: "app", schema: {} });
  await post("/pipelines", { name: "p", resource: "app", steps });
  await post("/resources", { name: "a", resource: "app", pipeline: "p", spec: {} });
  return (await fetch(`${url}/metrics`)).text();
}

/** The labels of a metric's samples, but for that of histogram buckets. */
function labelsOf(text: string, metric: string): string[] {
  const samples = text.split("\n").filter((line) => line.startsWith(metric));
  const labels = samples.flatMap((line) => [...line.matchAll(/[{,]([a-z_]+)="/g)]);
  return [...new Set(labels.map(([, label = ""]) => label))].filter((name) => name !== "le").sort();
}

describe("the reference", () => {
  it("names every metric of the server with its type and labels, and none that does not exist", async () => {
    const server = await startServer(scope);
    const text = await metricsOfAQueue(server.url);
    const code = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
      ([, name = "", type]) => `${name} ${type} ${labelsOf(text, name).join()}`,
    );
    const rows = rowsOf(readPage("docs/reference/metrics.md"), "metric");
    const page = rows.map(
      ([name = "", type = "", labels = ""]) =>
        `${codesOf(name)[0]} ${type} ${codesOf(labels).sort().join()}`,
    );
    const own = code.filter((one) => !/^(process|nodejs)_/.test(one));
    expect(page.sort()).toEqual(own.sort());
  });
});
