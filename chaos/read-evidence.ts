/** Reads what the system says at the end of a chaos run, through its API like any client. */
import type { Client } from "@conveyor-ci/client";
import type { WireRun } from "@conveyor-ci/contract";
import { type Evidence, type StoredLine, type StoredVersion, versionKey } from "./evidence.ts";

/** Entries of a page; and requests at once. */
const PAGE = 1_000;
const AT_ONCE = 16;

export type Stored = Pick<Evidence, "runs" | "versions" | "changes" | "lines">;

export async function readStored(client: Client): Promise<Stored> {
  const runs = new Map<string, WireRun>();
  for await (const run of client.runs.list({ limit: PAGE })) runs.set(run.id, run);
  const changes: Evidence["changes"][number][] = [];
  for await (const change of client.changes.list({ limit: PAGE })) changes.push(change);
  return {
    runs,
    changes,
    lines: await readLines(client, [...runs.keys()]),
    versions: await readVersions(client, [...runs.values()]),
  };
}

async function readLines(client: Client, runs: readonly string[]): Promise<Evidence["lines"]> {
  const lines = new Map<string, StoredLine[]>();
  await inParallel(runs, async (run) => {
    const own: StoredLine[] = [];
    for await (const { seq, step, attempt, message } of client.logs.query({ runId: run })) {
      own.push({ seq, step, attempt, message });
    }
    lines.set(run, own);
  });
  return lines;
}

/** Every version that a run names. */
async function readVersions(
  client: Client,
  runs: readonly WireRun[],
): Promise<ReadonlyMap<string, StoredVersion>> {
  const versions = new Map<string, StoredVersion>();
  await inParallel(runs, async ({ resource }) => {
    const { spec, status } = await client.resources.version(resource);
    const { n } = spec as { n: number };
    versions.set(versionKey(resource), { n, run: status.run });
  });
  return versions;
}

async function inParallel<T>(
  values: readonly T[],
  action: (value: T) => Promise<void>,
): Promise<void> {
  const rest = values.values();
  const one = async (): Promise<void> => {
    for (const value of rest) await action(value);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}
