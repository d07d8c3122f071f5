/** `conveyor completion`: what a shell needs to complete command lines. */
import { Argument, type Command } from "commander";
import { defineCommand, type Wiring } from "../context.ts";
import { NOUN_WORDS } from "../nouns.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

export function completionCommand({ terminal }: Wiring): Command {
  return defineCommand("completion", "print a script that completes command lines")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText(
      "after",
      `
Example, for this shell and for every one to come:
  source <(conveyor completion bash)
  echo 'source <(conveyor completion bash)' >> ~/.bashrc`,
    )
    .action(async (shell: Shell, _options: unknown, command: Command) => {
      await terminal.out(scriptOf(shell, wordsOf(command.parent ?? command)));
    });
}

/** What may follow the words so far, by those words. */
type Words = ReadonlyMap<string, readonly string[]>;

function wordsOf(program: Command): Words {
  const words = new Map<string, readonly string[]>();
  const globals = flagsOf(program);
  const add = (command: Command, path: string) => {
    const subcommands = command.commands.map((one) => one.name());
    const nouns = ["get", "delete"].includes(path) ? NOUN_WORDS : [];
    const flags = path === "" ? globals : [...flagsOf(command), ...globals];
    words.set(path, [...subcommands, ...nouns, ...flags, "--help"]);
    for (const one of command.commands) add(one, `${path} ${one.name()}`.trim());
  };
  add(program, "");
  return words;
}

function flagsOf(command: Command): readonly string[] {
  return command.options.flatMap(({ long }) => (long ? [long] : []));
}

function scriptOf(shell: Shell, words: Words): string {
  switch (shell) {
    case "bash":
      return bashScript(words);
    case "zsh":
      return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(words)}`;
    case "fish":
      return fishScript(words);
  }
}

function bashScript(words: Words): string {
  const cases = [...words].map(
    ([path, next]) => `    ${JSON.stringify(path)}) words=${JSON.stringify(next.join(" "))} ;;`,
  );
  const known = [...words.keys()].filter((path) => path !== "");
  return `_conveyor() {
  local path="" word words="" current="\${COMP_WORDS[COMP_CWORD]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${known.map((path) => JSON.stringify(path)).join("|")}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _conveyor conveyor
`;
}

function fishScript(words: Words): string {
  const lines = [...words].flatMap(([path, next]) => {
    const condition =
      path === ""
        ? "__fish_use_subcommand"
        : path
            .split(" ")
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join("; and ");
    return next.map((word) =>
      word.startsWith("--")
        ? `complete -c conveyor -n '${condition}' -l ${word.slice(2)}`
        : `complete -c conveyor -f -n '${condition}' -a ${word}`,
    );
  });
  return `${lines.join("\n")}\n`;
}
