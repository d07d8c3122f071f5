/** `conveyor changes`: the feed of everything that changed. */
import type { WireChange } from "@conveyor-ci/contract";
import type { Command } from "commander";
import { type Context, contextOf, defineCommand, type Wiring } from "../context.ts";
import { parsePosition } from "../option-values.ts";
import { oneLine } from "../plain-text.ts";

interface Options {
  readonly follow?: true;
  readonly after?: number;
}

export function changesCommand(wiring: Wiring): Command {
  return defineCommand("changes", "show everything that changed, in order")
    .option("-f, --follow", "go on with the changes to come")
    .option("--after <position>", "only changes after this position", parsePosition)
    .action(async ({ follow, after }: Options, command: Command) => {
      const context = contextOf(wiring, command);
      const { client, terminal } = context;
      const changes =
        follow === true
          ? client.changes.follow({ after })
          : client.changes.list({ after, limit: 1_000 });
      for await (const change of changes) await terminal.out(changeText(context, change));
    });
}

/** One line, whatever the form: the feed has no end that a document could have. */
function changeText({ terminal: { colors }, output }: Context, change: WireChange): string {
  if (output !== "table") return `${JSON.stringify(change)}\n`;
  const { position, at, noun, name, kind, run, what, actor } = change;
  const subject = kind === undefined ? name : `${kind}/${name}`;
  const ofRun = run === undefined || run === name ? "" : ` run ${run}`;
  const text = `${noun} ${subject} ${what}${ofRun} by ${actor}`;
  return `${colors.dim(`${position} ${at}`)} ${oneLine(text)}\n`;
}
