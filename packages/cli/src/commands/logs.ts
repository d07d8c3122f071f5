/** `conveyor logs`: the lines of a run. */
import type { LogFilter } from "@conveyor-ci/client";
import type { WireRun } from "@conveyor-ci/contract";
import type { Command } from "commander";
import { type Context, contextOf, defineCommand, type Wiring } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CommandFailure, usageFailure } from "../failure.ts";
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
      if (options.driver !== undefined || options.step !== undefined) {
        assertPart(await context.client.runs.get(runId), options);
      }
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
  if (!isEmpty) return;
  // A query finds no lines of a run that does not exist; the reader wants to know which it is.
  const { finishedAt } = await client.runs.get(runId);
  const hint = finishedAt === null ? " yet; -f waits for them" : "";
  context.terminal.err(`no lines of run ${runId}${hint}\n`);
}

/** Nobody waits for lines of a driver or a step that has no part in the run. */
function assertPart(run: WireRun, { driver, step }: Options): void {
  const drivers = [...new Set(run.steps.map((one) => one.driver))];
  const ids = run.steps.map(({ id }) => id);
  assertKnown(run, { what: "driver", word: driver, known: drivers });
  assertKnown(run, { what: "step", word: step, known: ids });
}

function assertKnown(
  run: WireRun,
  part: {
    readonly what: string;
    readonly word: string | undefined;
    readonly known: readonly string[];
  },
): void {
  const { what, word, known } = part;
  // A run that waits for its first listener has no steps: whoever it will be is not known.
  if (word === undefined || known.length === 0 || known.includes(word)) return;
  throw new CommandFailure(`${what} ${word} has no part in run ${run.id}`, {
    exitCode: EXIT.refused,
    hint: `its ${what}s are ${known.join(", ")}`,
  });
}
