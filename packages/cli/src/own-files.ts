/**
 * Where the files of this program lie. It stands beside `main.ts`, so that the paths are the same
 * whether the program was bundled or not. No other module asks where it lies itself.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The program itself, to be started again as another process. */
export const PROGRAM_FILE = fileURLToPath(new URL("./main.js", import.meta.url));

/** What runs first in the programs that `dev` starts; a program of its own, not bundled. */
export const GUARD_FILE = join(dirname(PROGRAM_FILE), "dev", "guarded-program.js");

/** The directory of this package. */
export const PACKAGE_DIRECTORY = dirname(dirname(PROGRAM_FILE));
