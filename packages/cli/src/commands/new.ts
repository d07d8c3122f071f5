/** `conveyor new`: a project to start from. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { isDriverName } from "@conveyor-ci/contract/names";
import type { Command } from "commander";
import { defineCommand, type Wiring } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { packageSources } from "../new-driver/package-sources.ts";
import { projectFiles } from "../new-driver/project-files.ts";

// What both the server and npm take.
const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,200}[a-z0-9])?$/;
const NAME_RULE =
  "a name has lower-case letters, digits, '-', '.' or '_', the first and last no sign";

export function newCommand(wiring: Wiring): Command {
  return defineCommand("new", "make a project to start from").addCommand(newDriverCommand(wiring));
}

function newDriverCommand({ terminal }: Wiring): Command {
  return defineCommand("driver", "make a small project of a driver: code, definition, test, README")
    .argument("<dir>", "a directory to make; the driver gets its name")
    .option("--resource <kind>", "the kind of resource that it carries out", "app")
    .action(async (dir: string, { resource: kind }: { resource: string }) => {
      const directory = resolve(terminal.cwd, dir);
      const name = basename(directory).toLowerCase();
      assertName("the directory", name);
      if (!isDriverName(name)) {
        throw usageFailure(`no driver can be named ${name}`, "give the directory another name");
      }
      assertName("--resource", kind);
      assertEmpty(directory, dir);
      const files = projectFiles({ name, kind, sources: packageSources() });
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(directory, path)), { recursive: true });
        writeFileSync(join(directory, path), text);
      }
      await terminal.out(`made driver ${name} in ${dir}; next:
  cd ${dir}
  npm install
  npm test
  npm run dev\n`);
    });
}

function assertName(what: string, name: string): void {
  if (NAME.test(name)) return;
  throw usageFailure(`${what} is ${JSON.stringify(name)}, which is not a name`, NAME_RULE);
}

function assertEmpty(directory: string, shown: string): void {
  if (!existsSync(directory)) return;
  try {
    if (readdirSync(directory).length === 0) return;
  } catch {
    throw usageFailure(`${shown} is not a directory`, "name one that does not exist yet");
  }
  throw usageFailure(`${shown} is not empty`, "name a directory that does not exist yet");
}
