/** Runs a server under strace through two lives, and answers what it did to its disk and sockets. */
import { join } from "node:path";
import { createClient } from "@conveyor-ci/client";
import { findFreePort } from "../free-port.ts";
import { ROOT } from "../root.ts";
import type { Scope } from "../scope.ts";
import { tellStory } from "../sweep/story.ts";
import { type Operation, readTrace, traced } from "./trace.ts";

const COMMAND = join(ROOT, "packages/cli/dist/main.js");

/** Large enough for the write-ahead log to be moved into the database while the server runs. */
const LARGE = { kind: "large", count: 24, sizeBytes: 200_000 };

/** Where the data directory lies below the directory of the trace. */
export const DATA = "new/data";

/** The data directory does not exist before the first life. */
export async function recordStory(scope: Scope, root: string): Promise<readonly Operation[]> {
  const operations: Operation[] = [];
  for (const life of [1, 2]) {
    const port = await findFreePort();
    const output = join(scope.directory, `trace-${life}`);
    const up = [
      process.execPath,
      COMMAND,
      "up",
      "--port",
      String(port),
      "--data",
      join(root, DATA),
    ];
    const shell = ["sh", "-c", 'echo "pid $$"; exec "$@"', "sh", ...up];
    const child = scope.start({ command: traced(output, shell), cwd: scope.directory });
    const [, pid = ""] = await child.line(/^pid (\d+)$/);
    await child.line(/^listening on http:/);
    const url = `http://127.0.0.1:${port}`;
    const client = createClient({ server: url });
    await tellStory({ client, url });
    if (life === 1) {
      await client.definitions.apply({ name: LARGE.kind, schema: { type: "object" } });
      const text = "x".repeat(LARGE.sizeBytes);
      for (let number = 1; number <= LARGE.count; number += 1) {
        await client.resources.create({
          name: `large-${number}`,
          resource: LARGE.kind,
          spec: { text },
        });
      }
    }
    // The first life ends as a server does, the second is cut off.
    process.kill(Number(pid), life === 1 ? "SIGTERM" : "SIGKILL");
    await child.exit;
    operations.push(...readTrace(output));
  }
  return operations;
}
