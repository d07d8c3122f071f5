/** What drivers are called in the terminal, before any of them has said its name. */
import { basename, dirname, extname, resolve } from "node:path";

/** Names that say only which file of a program it is; the program's directory says which program. */
const ENTRY_NAMES: readonly string[] = ["main", "index", "driver"];
const SOURCE_DIRECTORIES: readonly string[] = ["src", "dist", "lib"];

/** A name for each file, in their order: short, and no two alike. */
export function namesOfDrivers(cwd: string, files: readonly string[]): readonly string[] {
  const short = files.map((file) => shortName(resolve(cwd, file)));
  return short.map((name, index) => {
    const isAlone = short.filter((other) => other === name).length === 1;
    return isAlone ? name : (files[index] ?? name);
  });
}

function shortName(path: string): string {
  const own = basename(path, extname(path));
  if (!ENTRY_NAMES.includes(own)) return own;
  let directory = dirname(path);
  while (SOURCE_DIRECTORIES.includes(basename(directory))) directory = dirname(directory);
  return basename(directory) || own;
}
