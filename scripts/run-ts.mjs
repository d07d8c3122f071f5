// @ts-check
/**
 * `node scripts/run-ts.mjs path/to/file.ts [argument...]`: runs a TypeScript file.
 * It runs in this very process, so signals, exit code and process id are the program's own.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleTs } from "./bundle-ts.mjs";

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  console.error("usage: node scripts/run-ts.mjs file.ts [argument...]");
  process.exit(2);
}
const file = await bundleTs(entry);
process.setSourceMapsEnabled(true);
process.argv = [process.execPath, resolve(entry), ...args];
await import(pathToFileURL(file).href);
