/** Shows the lines of every run that is made from now on. */
import type { Client } from "@conveyor-ci/client";
import type { WireChange } from "@conveyor-ci/contract";
import { createLineView } from "../line-view.ts";
import { oneLine } from "../plain-text.ts";
import type { Terminal } from "../terminal.ts";
import { stateText } from "../views.ts";

/** Runs that are followed at once; those beyond wait for one to end. */
const MAX_FOLLOWED = 32;

/** Goes on until the signal aborts. */
export async function showRuns(
  client: Client,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = Date.now();
  const show = createLineView(terminal, { timestamps: false });
  const followed = new Set<Promise<void>>();
  const follow = async ({ run = "", kind = "", name }: WireChange) => {
    for await (const item of client.logs.follow({ runId: run, signal })) {
      const end = `run ${run} of ${oneLine(`${kind}/${name}`)}`;
      await terminal.out(
        item.kind === "line"
          ? show(item.line)
          : `${end} ${stateText(item.state, terminal.colors)}\n`,
      );
    }
  };
  try {
    for await (const change of client.changes.follow({ signal })) {
      if (!isNewRun(change, startedAt)) continue;
      const one = follow(change)
        .catch((error: unknown) => {
          if (!signal.aborted) terminal.err(`run ${change.run}: ${String(error)}\n`);
        })
        .finally(() => followed.delete(one));
      followed.add(one);
      if (followed.size >= MAX_FOLLOWED) await Promise.race(followed);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await Promise.all(followed);
  }
}

function isNewRun(change: WireChange, startedAt: number): boolean {
  const { noun, what, run, at } = change;
  return noun === "run" && what === "pending" && run !== undefined && Date.parse(at) >= startedAt;
}
