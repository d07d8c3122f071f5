/** Makes resources, each with its run. */
import { KINDS, PIPELINE } from "../product/platform.ts";
import type { Workload } from "../workload.ts";
import { HttpConnection } from "./http-connection.ts";

export interface Created {
  readonly runid: string;
}

/** Names of this process alone, also in a database that others have filled. */
const PREFIX = `app-${Date.now().toString(36)}`;
let made = 0;

/** The body of a resource that nobody else has the name of. */
export function bodyOf(kind: string, workload: Workload): string {
  made += 1;
  const name = `${PREFIX}-${made}`;
  const spec = { image: "node:22-slim", command: ["npm", "ci", "&&", "npm", "test"], workload };
  const pipeline = kind === KINDS.piped ? PIPELINE : undefined;
  return JSON.stringify({ name, resource: kind, pipeline, spec });
}

export async function create(connection: HttpConnection, body: string): Promise<Created> {
  const answer = await connection.post("/resources/", body);
  if (answer.status !== 201)
    throw new Error(`a create was answered ${answer.status}: ${answer.body}`);
  return JSON.parse(answer.body) as Created;
}

/** Runs `each` on every connection, one call after the other, until the time is over. */
export async function keepBusy(
  connections: readonly HttpConnection[],
  { forMs, each }: { forMs: number; each: (connection: HttpConnection) => Promise<void> },
): Promise<{ readonly count: number; readonly seconds: number }> {
  const begun = performance.now();
  let count = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() - begun < forMs) {
        await each(connection);
        count += 1;
      }
    }),
  );
  return { count, seconds: (performance.now() - begun) / 1_000 };
}

export function openConnections(server: string, count: number): HttpConnection[] {
  return Array.from({ length: count }, () => new HttpConnection(server));
}
