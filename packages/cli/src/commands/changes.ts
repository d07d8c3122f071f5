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
function changeText({ terminal, output }: Context, change: WireChange): string {
  if (output !== "table") return `${JSON.stringify(change)}\n`;
  const [head, text] = changeWords(change, terminal.columns);
  return `${terminal.colors.dim(head)} ${text}\n`;
}

/** In a terminal that is too narrow for all: without the day, then the run or who did it, as fits. */
export function changeWords(
  change: WireChange,
  columns = Number.POSITIVE_INFINITY,
): readonly [string, string] {
  const { position, at, noun, name, kind, run, what, actor } = change;
  const subject = kind === undefined ? name : `${kind}/${name}`;
  const ofRun = run === undefined || run === name ? "" : ` run ${run}`;
  const head = `${position} ${at.slice("2026-01-01T".length)}`;
  const text = `${noun} ${subject} ${what}`;
  const forms = [
    [`${position} ${at}`, `${text}${ofRun} by ${actor}`],
    [head, `${text}${ofRun} by ${actor}`],
    [head, `${text}${ofRun}`],
    [head, `${text} by ${actor}`],
    [head, text],
  ].map(([first = "", second = ""]) => [first, oneLine(second)] as const);
  const fits = forms.find(([first, second]) => `${first} ${second}`.length <= columns);
  return fits ?? [head, `${oneLine(text).slice(0, Math.max(columns - head.length - 2, 0))}…`];
}
