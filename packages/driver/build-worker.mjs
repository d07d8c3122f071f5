// @ts-check
/**
 * Bundles the worker thread into one text, src/worker-source.generated.ts, so that the driver needs no
 * file beside itself at run time and survives any bundler.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const PACKAGE = dirname(fileURLToPath(import.meta.url));
const TARGET = join(PACKAGE, "src/worker-source.generated.ts");

const { outputFiles } = await build({
  entryPoints: [join(PACKAGE, "src/worker/main.ts")],
  absWorkingDir: PACKAGE,
  bundle: true,
  write: false,
  minify: true,
  format: "cjs",
  platform: "node",
  target: "node20",
  // Native add-ons of `ws` that nobody installed: leaves out the code that would look for them.
  define: { "process.env.WS_NO_BUFFER_UTIL": '"1"', "process.env.WS_NO_UTF_8_VALIDATE": '"1"' },
  external: ["bufferutil", "utf-8-validate"],
});
const source = outputFiles[0]?.text ?? "";
const text = [
  "/** The bundled worker thread, made by build-worker.mjs. */",
  `export const WORKER_SOURCE: string = ${JSON.stringify(source)};`,
  "",
].join("\n");
// An unchanged file keeps its time, and with it what was compiled from it.
if (!existsSync(TARGET) || readFileSync(TARGET, "utf8") !== text) writeFileSync(TARGET, text);
