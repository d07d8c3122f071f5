// @ts-check
/**
 * Makes a TypeScript file of the repository runnable on a Node that reads only JavaScript.
 * For tests, measurements and examples; packages are built by `tsc -b`.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { ROOT } from "./run-step.mjs";

const CACHE = join(ROOT, "node_modules/.cache/conveyor/run-ts");

/**
 * `import.meta` in a bundle would speak of the bundle; each source is given its own place instead.
 *
 * @type {import("esbuild").Plugin}
 */
const keepPlaces = {
  name: "keep-places",
  setup(bundle) {
    bundle.onLoad({ filter: /\.(ts|mjs)$/ }, ({ path }) => {
      /** @type {Record<string, string>} */
      const places = { url: pathToFileURL(path).href, dirname: dirname(path), filename: path };
      return {
        loader: path.endsWith(".ts") ? "ts" : "js",
        contents: readFileSync(path, "utf8").replace(
          /\bimport\.meta\.(url|dirname|filename)\b/g,
          (_, member) => JSON.stringify(places[member]),
        ),
      };
    });
  },
};

/**
 * Bundles `entry` and what it imports by relative path; packages stay outside.
 *
 * @param {string} entry
 * @returns {Promise<string>} the path of a JavaScript file, the same for the same content
 */
export async function bundleTs(entry) {
  const { outputFiles } = await build({
    entryPoints: [resolve(entry)],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    sourcemap: "inline",
    sourcesContent: false,
    outdir: CACHE,
    plugins: [keepPlaces],
  });
  const text = outputFiles[0]?.text ?? "";
  const file = join(CACHE, `${createHash("sha256").update(text).digest("hex").slice(0, 24)}.mjs`);
  mkdirSync(CACHE, { recursive: true });
  // Written aside and renamed, so that a process that starts meanwhile never reads half a file.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, file);
  return file;
}
