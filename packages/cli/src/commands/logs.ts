/** `conveyor logs`: the lines of a run. */
import type { LogFilter } from "@conveyor-ci/client";
import type { Command } from "commander";
import { type Context, contextOf, defineCommand, type Wiring } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usageFailure } from "../failure.ts";
import { createLineWriter, followRun, reasonsOf } from "../follow-run.ts";
import { parseCount, parsePosition } from "../option-values.ts";

interface Options {
  readonly follow?: true;
  readonly driver?: string;
  readonly step?: string;
  readonly after?: number;
  readonly limit?: number;
  readonly timestamps?: true;
}

export function logsCommand(wiring: Wiring): Command {
  return defineCommand("logs", "show the lines of a run, from the first")
    .argument("<run>", "the run's id")
    .option("-f, --follow", "go on to the end of the run; exit with 1 unless it succeeds")
    .option("--driver <name>", "only lines of this driver")
    .option("--step <id>", "only lines of this step")
    .option("--after <seq>", "only lines after the one with this seq", parsePosition)
    .option("--limit <n>", "at most so many lines", parseCount)
    .option("-t, --timestamps", "show when each line was logged")
    .action(async (runId: string, options: Options, command: Command) => {
      const context = contextOf(wiring, command);
      if (options.follow !== true) return await printLines(context, runId, options);
      if (options.limit !== undefined) throw usageFailure("--limit does not go with --follow");
      const state = await followRun(context, { runId, ...options });
      if (state === "succeeded") return;
      const reasons = await reasonsOf(context.client, runId, state);
      context.terminal.err(`run ${runId} ${state}\n${reasons}`);
      wiring.exit(EXIT.runFailed);
    });
}

async function printLines(context: Context, runId: string, options: Options): Promise<void> {
  const { client } = context;
  const { driver, step, after, limit } = options;
  const filter: LogFilter = { runId, driver, step, after, limit };
  const write = createLineWriter(context, options.timestamps ?? false);
  let isEmpty = true;
  for await (const line of client.logs.query(filter)) {
    isEmpty = false;
    await write(line);
  }
  // A query finds no lines of a run that does not exist; the reader wants to know which it is.
  if (isEmpty) await client.runs.get(runId);
}
