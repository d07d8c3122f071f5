/** Programs of a measurement, bundled once and started as plain JavaScript. */
import { join } from "node:path";
import { bundleTs } from "../scripts/bundle-ts.mjs";

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, "..");

const programs = new Map<string, Promise<string>>();

/** `path` is relative to `bench/`. */
export function programOf(path: string): Promise<string> {
  const made = programs.get(path) ?? bundleTs(join(import.meta.dirname, path));
  programs.set(path, made);
  return made;
}
