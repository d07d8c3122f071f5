/** `conveyor run`: one run. */
import type { Command } from "commander";
import { type Context, contextOf, defineCommand, type Wiring } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { type EndState, followRun, reasonsOf, waitForEnd } from "../follow-run.ts";
import { printDocument } from "../output.ts";
import { renderRun } from "../run-view.ts";
import { stateText } from "../views.ts";

export function runCommand(wiring: Wiring): Command {
  return defineCommand("run", "show, cancel or repeat a run")
    .addCommand(getRunCommand(wiring))
    .addCommand(cancelCommand(wiring))
    .addCommand(rerunCommand(wiring));
}

function getRunCommand(wiring: Wiring): Command {
  return defineCommand("get", "show a run with its steps")
    .argument("<run>", "the run's id")
    .action(async (runId: string, _options: unknown, command: Command) => {
      const context = contextOf(wiring, command);
      const run = await context.client.runs.get(runId);
      await printDocument(context, run, () => renderRun(run, context.terminal));
    });
}

function cancelCommand(wiring: Wiring): Command {
  return defineCommand("cancel", "ask a run to end")
    .argument("<run>", "the run's id")
    .action(async (runId: string, _options: unknown, command: Command) => {
      const context = contextOf(wiring, command);
      const run = await context.client.runs.cancel(runId);
      const { colors } = context.terminal;
      await printDocument(context, run, () => `run ${run.id} ${stateText(run.state, colors)}\n`);
    });
}

/** As one document it comes at the end, with the state; lines have no place in it. */
async function followRerun(
  context: Context,
  rerun: { readonly runid: string },
  text: () => string,
): Promise<EndState> {
  const run = { runId: rerun.runid };
  if (context.output === "table") {
    await context.terminal.out(text());
    return await followRun(context, run);
  }
  const state = await waitForEnd(context, rerun.runid);
  await printDocument(context, { ...rerun, state }, text);
  return state;
}

function rerunCommand(wiring: Wiring): Command {
  return defineCommand("rerun", "carry out the event of a run again, in a new run")
    .argument("<run>", "the run's id")
    .option("--follow", "show its lines, and exit with 1 unless it succeeds")
    .action(async (runId: string, options: { follow?: true }, command: Command) => {
      const context = contextOf(wiring, command);
      const rerun = await context.client.runs.rerun(runId);
      const text = () => `run ${rerun.runid} repeats ${rerun.parent}\n`;
      if (options.follow !== true) return await printDocument(context, rerun, text);
      const state = await followRerun(context, rerun, text);
      if (state === "succeeded") return;
      const reasons = await reasonsOf(context.client, rerun.runid, state);
      context.terminal.err(`run ${rerun.runid} ${state}\n${reasons}`);
      wiring.exit(EXIT.runFailed);
    });
}
