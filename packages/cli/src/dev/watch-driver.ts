/** Runs a driver's file, in TypeScript or JavaScript, and starts it anew when a source changes. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildContext, BuildResult } from "esbuild";
import { usageFailure } from "../failure.ts";
import { type ChildProgram, startProgram } from "./child-program.ts";

/** How long a driver may clean up before it is started anew. */
const STOP_MS = 3_000;

export interface DriverOptions {
  readonly file: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Shows a line of the driver, or what became of it. */
  readonly say: (name: string, text: string) => void;
}

export interface WatchedDriver {
  /** Ends the driver and the watching. */
  stop(): Promise<void>;
}

/** Builds and starts the driver; resolves once it has been built the first time. */
export async function watchDriver(options: DriverOptions): Promise<WatchedDriver> {
  const file = resolve(options.cwd, options.file);
  if (!existsSync(file)) throw usageFailure(`${options.file}: there is no such file`);
  const name = basename(file, extname(file));
  const script = scriptOf(file);
  let program: ChildProgram | undefined;
  let turn: Promise<void> = Promise.resolve();
  let isStopped = false;
  const restart = async () => {
    await program?.stop();
    if (isStopped) return;
    program = startProgram({
      script,
      env: options.env,
      cwd: options.cwd,
      stopMs: STOP_MS,
      onLine: (line) => options.say(name, line),
      onEnd: (how) => options.say(name, `ended (${how}); it starts again when a source changes`),
    });
  };
  const context = await createBuild(file, script, (result) => {
    for (const error of result.errors) {
      const { file: at = "", line = 0 } = error.location ?? {};
      options.say(name, `${at}:${line}: ${error.text}`);
    }
    // One restart after the other, so that no two instances overlap.
    if (result.errors.length === 0) turn = turn.then(restart);
  });
  await context.watch();
  return {
    async stop() {
      isStopped = true;
      await context.dispose();
      await turn;
      await program?.stop();
    },
  };
}

async function createBuild(
  file: string,
  script: string,
  onBuilt: (result: BuildResult) => void,
): Promise<BuildContext> {
  // Loaded only here: no other command builds anything.
  const { context } = await import("esbuild");
  return await context({
    entryPoints: [file],
    outfile: script,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "inline",
    logLevel: "silent",
    // A program that asks where it is means its source.
    define: {
      "import.meta.url": JSON.stringify(pathToFileURL(file).href),
      "import.meta.dirname": JSON.stringify(dirname(file)),
      "import.meta.filename": JSON.stringify(file),
    },
    plugins: [{ name: "restart", setup: (build) => build.onEnd(onBuilt) }],
  });
}

/** Below the driver's own package, so that its imports resolve as they do from the source. */
function scriptOf(file: string): string {
  let root = dirname(file);
  while (!existsSync(join(root, "package.json")) && dirname(root) !== root) root = dirname(root);
  if (dirname(root) === root) root = dirname(file);
  const hash = createHash("sha256").update(file).digest("hex").slice(0, 16);
  return join(root, "node_modules/.cache/conveyor/dev", `${basename(file)}.${hash}.mjs`);
}
