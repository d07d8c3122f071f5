/**
 * Shows what runs do from now on: their lines, and how they end.
 *
 * R1 Nothing of the past is shown: the feed is followed from where it ends at the start, and of a
 *    run that is already running only lines logged since.
 * R2 A run is followed while it runs, not while it waits, so that what waits holds up nobody.
 */
import type { Client } from "@conveyor-ci/client";
import type { WireRun } from "@conveyor-ci/contract";
import { reasonsOf } from "../follow-run.ts";
import { oneLine } from "../plain-text.ts";
import type { Terminal } from "../terminal.ts";
import { stateText } from "../views.ts";
import { findFeedEnd } from "./feed-end.ts";
import type { Speaker } from "./speaker.ts";

/** Runs that are followed at once; those beyond wait for one to end. */
const MAX_FOLLOWED = 64;

export interface ShowRunsOptions {
  readonly client: Client;
  readonly terminal: Pick<Terminal, "colors">;
  readonly speaker: Speaker;
  readonly signal: AbortSignal;
}

/** What is shown of a run beside its lines. */
interface Subject {
  readonly runId: string;
  /** `kind/name` of its resource. */
  readonly resource: string;
}

/** Resolves when it is ready to show what begins; what it shows goes on until the signal aborts. */
export async function showRuns(
  options: ShowRunsOptions,
): Promise<{ readonly ended: Promise<void> }> {
  const { client } = options;
  const startedAt = Date.now();
  const after = await findFeedEnd(client);
  const running = await client.runs.list({ state: "running", limit: MAX_FOLLOWED }).page();
  const ended = showFrom(options, { after, startedAt, running: running.items });
  // Whoever waits for the start only must not bring the process down.
  ended.catch(() => undefined);
  return { ended };
}

interface Start {
  readonly after: number;
  readonly startedAt: number;
  readonly running: readonly WireRun[];
}

async function showFrom(options: ShowRunsOptions, start: Start): Promise<void> {
  const { client, signal, speaker } = options;
  const followed = new Map<string, Promise<void>>();
  const follow = (subject: Subject) => {
    const { runId } = subject;
    if (followed.has(runId)) return;
    const one = showRun(options, subject, start.startedAt)
      .catch((error: unknown) => {
        if (!signal.aborted) speaker.say("dev", `run ${runId} is not shown on: ${String(error)}`);
      })
      .finally(() => followed.delete(runId));
    followed.set(runId, one);
  };
  for (const { id, resource } of start.running) {
    follow({ runId: id, resource: `${resource.kind}/${resource.name}` });
  }
  try {
    for await (const change of client.changes.follow({ after: start.after, signal })) {
      const { noun, what, run, kind = "", name } = change;
      if (noun !== "run" || what !== "running" || run === undefined) continue;
      follow({ runId: run, resource: `${kind}/${name}` });
      if (followed.size >= MAX_FOLLOWED) await Promise.race(followed.values());
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await Promise.all(followed.values());
  }
}

async function showRun(
  { client, terminal, speaker, signal }: ShowRunsOptions,
  { runId, resource }: Subject,
  startedAt: number,
): Promise<void> {
  for await (const item of client.logs.follow({ runId, signal })) {
    if (item.kind === "end") {
      const end = `${oneLine(resource)} ${stateText(item.state, terminal.colors)} (run ${runId})`;
      speaker.showEnd(`${end}\n${await reasonsOf(client, runId, item.state)}`);
    } else if (Date.parse(item.line.timestamp) >= startedAt) {
      speaker.showLine(item.line, resource);
    }
  }
}
