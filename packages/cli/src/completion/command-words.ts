/** Every command as the words that a shell may offer after it. */
import type { Command, Option } from "commander";
import { NOUN_WORDS } from "../nouns.ts";

export interface CommandWords {
  /** The command's own words: `run get`, empty for the program. */
  readonly path: string;
  /** What the next word may be: a subcommand, or what the first argument may say. */
  readonly next: readonly { readonly word: string; readonly summary: string }[];
  readonly flags: readonly Flag[];
}

export interface Flag {
  readonly long: string;
  readonly short: string | undefined;
  readonly summary: string;
  readonly takesValue: boolean;
  /** The values there are, where they are few. */
  readonly choices: readonly string[];
}

/** All commands of the program, itself first. */
export function wordsOf(program: Command): readonly CommandWords[] {
  const globals = program.options.map(flagOf);
  const below = (command: Command, path: string): readonly CommandWords[] => {
    const own = command === program ? [] : command.options.map(flagOf);
    const words = { path, next: nextOf(command, path), flags: [...own, ...globals, HELP] };
    const subcommands = command.commands.map((one) => below(one, `${path} ${one.name()}`.trim()));
    return [words, ...subcommands.flat()];
  };
  return below(program, "");
}

const HELP: Flag = {
  long: "--help",
  short: "-h",
  summary: "show the usage",
  takesValue: false,
  choices: [],
};

function nextOf(command: Command, path: string): CommandWords["next"] {
  if (command.commands.length > 0) {
    return command.commands.map((one) => ({ word: one.name(), summary: one.summary() }));
  }
  const isOfNouns = path === "get" || path === "delete";
  const choices = isOfNouns ? NOUN_WORDS : (command.registeredArguments[0]?.argChoices ?? []);
  return choices.map((word) => ({ word, summary: "" }));
}

function flagOf(option: Option): Flag {
  return {
    long: option.long ?? "",
    short: option.short,
    summary: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  };
}
