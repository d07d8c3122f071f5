/** Where a new project takes Conveyor's packages from. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { PACKAGE_DIRECTORY } from "../own-files.ts";
import { CLI_VERSION } from "../version.ts";

/** What the command and a driver need, each other included. */
const PACKAGES = [
  "core",
  "contract",
  "engine",
  "storage-sqlite",
  "server",
  "client",
  "driver",
  "cli",
] as const;

/** What a project itself imports or runs. */
const DIRECT = ["driver", "cli"] as const;

/** Specifiers of npm by package name. From a clone, packages are installed out of it. */
export function packageSources(): Readonly<Record<string, string>> {
  const packages = dirname(PACKAGE_DIRECTORY);
  const isClone = PACKAGES.every((name) => existsSync(join(packages, name, "package.json")));
  const names = isClone ? PACKAGES : DIRECT;
  const entries = names.map((name): [string, string] => [
    `@conveyor-ci/${name}`,
    isClone ? `file:${join(packages, name)}` : CLI_VERSION,
  ]);
  return Object.fromEntries(entries);
}
