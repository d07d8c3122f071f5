// @ts-check
/**
 * Bundles the program and what it loads, most of all the server, into `dist/main.js` and a few files
 * beside it: reading hundreds of small modules was two thirds of the start of `conveyor up`.
 *
 * B1 The bundle lies where the compiler puts the program, and is loaded in the same way.
 * B2 What has native code, or is started as a program, stays outside, and is a dependency.
 * B3 The licences of what is inside are beside it.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const PACKAGE = dirname(fileURLToPath(import.meta.url));
const DIST = join(PACKAGE, "dist");
const LICENSES = join(DIST, "third-party-licenses.txt");
/** Modules of CommonJS inside call for what is built into Node. */
const REQUIRE = `import { createRequire as makeRequire } from "node:module";
const require = makeRequire(import.meta.url);`;

/** Several packages bring a copy of their own of the same version. */
function oneCopyOf(/** @type {string} */ name) {
  const engine = createRequire(join(PACKAGE, "../engine/package.json"));
  return dirname(engine.resolve(`${name}/package.json`));
}

const { outputFiles, metafile } = await build({
  entryPoints: [join(PACKAGE, "src/main.ts")],
  absWorkingDir: PACKAGE,
  outdir: DIST,
  entryNames: "[name]",
  chunkNames: "bundle-[name]-[hash]",
  bundle: true,
  splitting: true,
  write: false,
  metafile: true,
  format: "esm",
  platform: "node",
  target: "node20",
  minifyWhitespace: true,
  legalComments: "none",
  external: ["@photostructure/sqlite", "esbuild"], // B2
  alias: { ajv: oneCopyOf("ajv") },
  banner: { js: REQUIRE },
  logLevel: "error",
});

/** The directories of the packages of others that are inside. */
function bundledPackages() {
  const found = new Set();
  for (const path of Object.keys(metafile.inputs)) {
    const directory = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    if (directory !== undefined) found.add(join(PACKAGE, directory));
  }
  return [...found].sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
}

/** B3 */
function licenses() {
  const texts = new Set();
  for (const directory of bundledPackages()) {
    const { name, version, license } = JSON.parse(
      readFileSync(join(directory, "package.json"), "utf8"),
    );
    const file = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? "" : readFileSync(join(directory, file), "utf8").trim();
    texts.add(`${name} ${version} (${license})\n\n${text}\n`);
  }
  return [...texts].join(`\n${"-".repeat(80)}\n\n`);
}

/** An unchanged file stays untouched; a changed one is there as a whole or not at all. */
function write(/** @type {string} */ path, /** @type {string} */ text) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

const made = new Set(outputFiles.map(({ path }) => basename(path)));
// The program last: it names the others.
for (const { path, text } of outputFiles.toSorted((a) =>
  basename(a.path) === "main.js" ? 1 : -1,
)) {
  write(path, text);
}
write(LICENSES, licenses());
for (const name of readdirSync(DIST)) {
  if (name.startsWith("bundle-") && !made.has(name)) rmSync(join(DIST, name));
}
