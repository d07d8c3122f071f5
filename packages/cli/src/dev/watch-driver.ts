/**
 * Runs a driver's file, in TypeScript or JavaScript, and starts it anew when a source changes.
 *
 * W1 One instance after the other: the next starts when the one before has ended.
 * W2 A source that cannot be built is said, and changes nothing: what runs goes on, and the next
 *    change is waited for.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildContext, BuildResult, Message } from "esbuild";
import { type ChildProgram, startProgram } from "./child-program.ts";

/** How long a driver may clean up before it is started anew. */
const STOP_MS = 3_000;

export interface DriverOptions {
  readonly file: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Shows a line of the driver, or what became of it. */
  readonly say: (text: string) => void;
}

export interface WatchedDriver {
  /** Ends the driver and the watching. */
  stop(): Promise<void>;
}

/** Builds and starts the driver; resolves once it has been built the first time. */
export async function watchDriver(options: DriverOptions): Promise<WatchedDriver> {
  const file = resolve(options.cwd, options.file);
  const script = scriptOf(file);
  const runner = createRunner(options, { file, script });
  const context = await createBuild(file, script, (result) => {
    if (result.errors.length === 0) return runner.onBuilt(readFileSync(script, "utf8"));
    for (const error of result.errors) options.say(`ERROR ${errorText(error, options.cwd)}`);
    options.say(
      runner.isRunning
        ? "not started anew: the one that runs goes on until a change mends this"
        : "not started: it starts when a change mends this",
    );
  });
  await context.watch();
  return {
    async stop() {
      await context.dispose();
      await runner.stop();
    },
  };
}

interface Runner {
  readonly isRunning: boolean;
  /** Runs what was built, in place of what runs; the same once more is not run again. */
  onBuilt(code: string): void;
  stop(): Promise<void>;
}

function createRunner(
  { cwd, env, say }: DriverOptions,
  { file, script }: { readonly file: string; readonly script: string },
): Runner {
  let program: ChildProgram | undefined;
  let turn: Promise<void> = Promise.resolve();
  let built: string | undefined;
  let isStopped = false;
  const restart = async () => {
    if (program !== undefined && !isStopped) say("changed: it is started anew");
    await program?.stop();
    program = undefined;
    if (isStopped) return;
    const started = startProgram({
      script,
      shown: file,
      env,
      cwd,
      stopMs: STOP_MS,
      onLine: say,
      onEnd(how) {
        if (program === started) program = undefined;
        built = undefined;
        say(`ended (${how}); it starts again when a source changes`);
      },
    });
    program = started;
  };
  return {
    get isRunning() {
      return program !== undefined;
    },
    onBuilt(code) {
      if (code === built) return;
      built = code;
      turn = turn.then(restart); // W1
    },
    async stop() {
      isStopped = true;
      await turn;
      await program?.stop();
    },
  };
}

function errorText({ location, text }: Message, cwd: string): string {
  if (location === null) return text;
  // Where esbuild counts columns from 0, editors count from 1.
  const path = relative(cwd, resolve(location.file));
  return `${path}:${location.line}:${location.column + 1}: ${text}`;
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
