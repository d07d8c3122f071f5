/** `conveyor completion`: what a shell needs to complete command lines. */
import { Argument, type Command } from "commander";
import { bashScript } from "../completion/bash-script.ts";
import { type CommandWords, wordsOf } from "../completion/command-words.ts";
import { fishScript } from "../completion/fish-script.ts";
import { defineCommand, type Wiring } from "../context.ts";

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
  echo 'source <(conveyor completion bash)' >> ~/.bashrc

zsh likewise, with ~/.zshrc, after compinit; fish:
  conveyor completion fish > ~/.config/fish/completions/conveyor.fish`,
    )
    .action(async (shell: Shell, _options: unknown, command: Command) => {
      await terminal.out(scriptOf(shell, wordsOf(command.parent ?? command)));
    });
}

function scriptOf(shell: Shell, words: readonly CommandWords[]): string {
  switch (shell) {
    case "bash":
      return bashScript(words);
    case "zsh":
      return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(words)}`;
    case "fish":
      return fishScript(words);
  }
}
