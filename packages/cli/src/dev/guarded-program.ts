/**
 * The first thing that runs in a program that `dev` starts: `node guarded-program.js SCRIPT SHOWN …`
 * runs SCRIPT under the name SHOWN. When the process at the other end of the channel is gone, for
 * whatever reason, the program is told to stop.
 */
import { pathToFileURL } from "node:url";

const [, , script = "", shown = script] = process.argv;
process.argv.splice(1, 3, shown);
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
// Watched, but nothing that keeps a program alive.
process.channel?.unref();
await import(pathToFileURL(script).href);
