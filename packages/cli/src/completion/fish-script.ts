/** Completion for fish. */
import type { CommandWords, Flag } from "./command-words.ts";

/** The script: a line for each word and each flag that may follow a command. */
export function fishScript(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap((command) => {
    const seen = conditionOf(command.path, commands);
    const words = command.next.map(({ word }) => word);
    const isFirst =
      command.path === ""
        ? seen
        : `${seen}; and not __fish_seen_subcommand_from ${words.join(" ")}`;
    return [
      ...command.next.map(({ word, summary }) => wordLine(word, summary, isFirst)),
      ...command.flags.map((flag) => flagLine(flag, seen)),
    ];
  });
  return `${lines.join("\n")}\n`;
}

/** Holds after the words of the command, and not after another that ends with the same word. */
function conditionOf(path: string, commands: readonly CommandWords[]): string {
  if (path === "") return "__fish_use_subcommand";
  const own = path.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
  const longer = commands
    .map((other) => other.path)
    .filter((other) => other.endsWith(` ${path}`))
    .map((other) => `not __fish_seen_subcommand_from ${other.split(" ")[0]}`);
  return [...own, ...longer].join("; and ");
}

function wordLine(word: string, summary: string, condition: string): string {
  const description = summary === "" ? "" : ` -d ${quote(summary)}`;
  return `complete -c conveyor -f -n ${quote(condition)} -a ${word}${description}`;
}

function flagLine({ long, short, summary, takesValue, choices }: Flag, condition: string): string {
  const name = `-l ${long.slice(2)}${short === undefined ? "" : ` -s ${short.slice(1)}`}`;
  const few = choices.length === 0 ? " -r" : ` -x -a ${quote(choices.join(" "))}`;
  const description = ` -d ${quote(summary)}`;
  return `complete -c conveyor -n ${quote(condition)} ${name}${takesValue ? few : ""}${description}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
