/** An instance of a driver: a fixture, bundled and run in a process of its own. */
import { join } from "node:path";
import { bundleTs } from "../../scripts/bundle-ts.mjs";
import type { Child } from "./child.ts";
import { ROOT } from "./root.ts";
import type { Scope } from "./scope.ts";

export interface DriverOptions {
  /** Path of the fixture from the root of the repository. */
  readonly fixture: string;
  readonly server: string;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly isApart?: boolean;
  readonly onMessage?: ((message: unknown) => void) | undefined;
}

const bundles = new Map<string, Promise<string>>();

/** The fixture as a program, bundled once in each process that asks. */
function programOf(fixture: string): Promise<string> {
  const made = bundles.get(fixture) ?? bundleTs(join(ROOT, fixture));
  bundles.set(fixture, made);
  return made;
}

/** Starts the process; it may take a moment until its instance is connected. */
export async function startDriverProcess(scope: Scope, options: DriverOptions): Promise<Child> {
  const program = await programOf(options.fixture);
  return scope.start({
    command: ["node", "--enable-source-maps", program],
    env: { CONVEYOR_SERVER: options.server, ...options.env },
    isApart: options.isApart,
    onMessage: options.onMessage,
  });
}
