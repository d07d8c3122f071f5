/** Shows a run's lines until it ends. */

import type { LogItem } from "@conveyor-ci/client";
import type { WireLogLine, WireRun } from "@conveyor-ci/contract";
import type { Context } from "./context.ts";
import { createLineView } from "./line-view.ts";
import { oneLine } from "./plain-text.ts";
import { startProgress, withProgress } from "./progress.ts";
import { renderEnds } from "./run-view.ts";

/** States that a followed run ends in. */
export type EndState = WireRun["state"];

export interface RunToFollow {
  readonly runId: string;
  readonly driver?: string | undefined;
  readonly timestamps?: boolean | undefined;
}

const ASK_WHY_MS = 2_000;

/** Writes lines as they come; answers the state that the run ended in. */
export async function followRun(context: Context, run: RunToFollow): Promise<EndState> {
  const { terminal, client } = context;
  const show = createLineWriter(context, run.timestamps ?? false);
  const progress = startProgress(terminal, `waiting for lines of run ${run.runId}`);
  const asking = askWhy(context, run.runId, (text) => progress.say(text));
  const onReconnect = () => progress.say("the connection broke; trying again");
  const { runId, driver } = run;
  try {
    for await (const item of client.logs.follow({ runId, driver, onReconnect })) {
      progress.clear();
      const state = await showItem(item, show);
      if (state !== undefined) return state;
    }
    throw new Error(`broken rule: the log of run ${runId} ended without an end`);
  } finally {
    asking.stop();
    progress.stop();
  }
}

async function showItem(
  item: LogItem,
  show: (line: WireLogLine) => Promise<void>,
): Promise<EndState | undefined> {
  if (item.kind === "end") return item.state;
  await show(item.line);
  return undefined;
}

/** Follows without writing: where one document is asked for, lines have no place. */
export async function waitForEnd({ client, terminal }: Context, runId: string): Promise<EndState> {
  return await withProgress(terminal, `waiting for the end of run ${runId}`, async () => {
    for await (const item of client.logs.follow({ runId })) {
      if (item.kind === "end") return item.state;
    }
    throw new Error(`broken rule: the log of run ${runId} ended without an end`);
  });
}

/** Why a run that was followed did not succeed, by its steps; nothing where it did. */
export async function reasonsOf(
  client: Pick<Context["client"], "runs">,
  runId: string,
  state: EndState,
): Promise<string> {
  if (state === "succeeded") return "";
  try {
    return renderEnds(await client.runs.get(runId)).replace(/^(?=.)/gm, "  ");
  } catch {
    // How the run ended is known, and the exit code says it; the server may be gone by now.
    return "";
  }
}

/** Writes a line as text, or as one line of JSON where JSON is asked for. */
export function createLineWriter(
  { terminal, output }: Context,
  timestamps: boolean,
): (line: WireLogLine) => Promise<void> {
  if (output === "json") return (line) => terminal.out(`${JSON.stringify(line)}\n`);
  const view = createLineView(terminal, { timestamps });
  return (line) => terminal.out(view(line));
}

/** Asks now and then what the run waits for, where someone watches. */
function askWhy(
  { terminal, client }: Context,
  runId: string,
  say: (text: string) => void,
): { stop(): void } {
  if (!terminal.showsProgress) return { stop() {} };
  const controller = new AbortController();
  const { signal } = controller;
  const ask = async () => {
    try {
      const run = await client.runs.get(runId, { signal });
      const why = run.why[0];
      say(why === undefined ? `run ${run.state}` : `run ${run.state}: ${oneLine(why.message)}`);
    } catch {
      // It is only said in passing; what is wrong shows in what is followed.
    }
  };
  const timer = setInterval(() => void ask(), ASK_WHY_MS);
  return {
    stop() {
      clearInterval(timer);
      controller.abort();
    },
  };
}
