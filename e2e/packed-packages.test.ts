/** What a user installs: the packages as they would be published, in an empty project. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { beforeEach, describe, expect, it } from "vitest";
import { examplesOf } from "../scripts/docs/markdown.ts";
import { ROOT } from "./harness/root.ts";
import { useWorld } from "./harness/world.ts";

/** Published together; a driver's author asks for the last. */
const PACKED = ["core", "contract", "client", "driver"];
const TYPED_DRIVER = join(ROOT, "e2e/fixtures/typed-driver.ts");
const COMPILER = join(ROOT, "node_modules/typescript/bin/tsc");

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * Directories of everything that the packages need, the packages themselves included. What others
 * published lies in node_modules already, so nothing is downloaded.
 */
function packagesNeeded(): readonly string[] {
  const found = new Set<string>();
  const add = (directory: string): void => {
    if (found.has(directory)) return;
    found.add(directory);
    const { dependencies = {} } = JSON.parse(
      readFileSync(join(ROOT, directory, "package.json"), "utf8"),
    ) as Manifest;
    for (const name of Object.keys(dependencies)) {
      const own = name.startsWith("@conveyor-ci/");
      add(own ? `packages/${name.slice("@conveyor-ci/".length)}` : `node_modules/${name}`);
    }
  };
  for (const name of PACKED) add(`packages/${name}`);
  return [...found];
}

describe("the packed packages", () => {
  const world = useWorld("packed");
  let project = "";

  async function run(command: readonly string[], cwd: string): Promise<string> {
    const env = { npm_config_cache: join(world.scope.directory, "cache") };
    const child = world.scope.start({ command, cwd, env });
    const { code } = await child.exit;
    expect(code, `${command.join(" ")} printed\n${child.lines.join("\n")}`).toBe(0);
    return child.lines.join("\n");
  }

  /** Starts the program and has it carry out one run. */
  async function expectToWork(file: string, driver: string): Promise<void> {
    const env = { CONVEYOR_SERVER: world.server.url };
    const child = world.scope.start({ command: ["node", file], cwd: project, env });
    const spec = { image: "registry.example/app:1" };
    const name = `app-${basename(file).replaceAll(".", "-")}`;
    const { runid } = await world.client.resources.create({ name, resource: "app", spec });
    const ended = await world.ended(runid ?? "");
    const step = ended.steps.find((one) => one.driver === driver);
    expect(step?.result).toMatchObject({ success: true, message: "reconciled", data: spec });
    const lines = (await world.lines(ended.id)).filter((line) => line.driver === driver);
    expect(lines.map(({ message }) => message)).toEqual(
      [1, 2, 3, 4, 5].map((number) => `create of ${name}: ${number}/5`),
    );
    child.signal("SIGTERM");
    expect(await child.exit).toEqual({ code: 0, signal: null });
    await world.client.drivers.forget(driver);
  }

  beforeEach(async () => {
    project = join(world.scope.directory, "project");
    const tarballs = join(world.scope.directory, "tarballs");
    for (const directory of [project, tarballs]) mkdirSync(directory);
    const needed = packagesNeeded().map((directory) => `./${directory}`);
    const quiet = ["--silent", "--ignore-scripts"];
    await run(["npm", "pack", ...quiet, "--pack-destination", tarballs, ...needed], ROOT);
    const manifest = { name: "a-project", private: true, type: "module" };
    writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
    const files = readdirSync(tarballs).map((file) => join(tarballs, file));
    expect(files).toHaveLength(needed.length);
    await run(
      ["npm", "install", "--offline", "--no-audit", "--no-fund", ...quiet, ...files],
      project,
    );
  });

  it("are all that a driver needs, in TypeScript, in JavaScript and in one bundled file", async () => {
    await world.startServer();
    await world.client.definitions.apply({ name: "app", schema: { type: "object" } });

    const readme = examplesOf("README.md").find(({ mark }) => mark === "file: hello.mjs");
    writeFileSync(join(project, "hello.mjs"), readme?.code ?? "");
    await expectToWork(join(project, "hello.mjs"), "hello-driver");

    copyFileSync(TYPED_DRIVER, join(project, "driver.ts"));
    const compilerOptions = {
      strict: true,
      module: "nodenext",
      target: "es2022",
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      // A project in TypeScript brings the types of Node along; these are large, and not ours.
      typeRoots: [join(ROOT, "node_modules/@types")],
      types: ["node"],
      outDir: "built",
    };
    const config = JSON.stringify({ compilerOptions, files: ["driver.ts"] });
    writeFileSync(join(project, "tsconfig.json"), config);
    await run(["node", COMPILER, "-p", "."], project);
    await expectToWork(join(project, "built/driver.js"), "typed-driver");

    // Alone in a directory: whatever the file does not hold is not there.
    const alone = join(world.scope.directory, "alone");
    mkdirSync(alone);
    await build({
      entryPoints: [join(project, "hello.mjs")],
      outfile: join(alone, "bundled.mjs"),
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      // What packages in CommonJS ask for by `require` when they are put into a module.
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
    expect(readdirSync(alone)).toEqual(["bundled.mjs"]);
    await expectToWork(join(alone, "bundled.mjs"), "hello-driver");
  });
});
