/** The one place that wires the commands together. */
import { Command, Option } from "commander";
import { applyCommand } from "./commands/apply.ts";
import { changesCommand } from "./commands/changes.ts";
import { completionCommand } from "./commands/completion.ts";
import { deleteCommand } from "./commands/delete.ts";
import { devCommand } from "./commands/dev.ts";
import { explainCommand } from "./commands/explain.ts";
import { getCommand } from "./commands/get.ts";
import { healthCommand } from "./commands/health.ts";
import { logsCommand } from "./commands/logs.ts";
import { newCommand } from "./commands/new.ts";
import { runCommand } from "./commands/run.ts";
import { upCommand } from "./commands/up.ts";
import type { Wiring } from "./context.ts";
import { OUTPUTS } from "./output.ts";
import { CLI_VERSION } from "./version.ts";

const EXIT_CODES = `
Exit codes: 0 done, 1 the run failed, 2 wrong usage or a file that cannot be read,
3 no server answers, 4 the server refused (not found included).`;

/** Builds the program with all its commands. */
export function createProgram(wiring: Wiring): Command {
  const program = new Command("conveyor")
    .description("A headless control plane for building CI/CD platforms")
    .version(CLI_VERSION)
    .option("--server <url>", "the server (default: $CONVEYOR_SERVER, else http://127.0.0.1:8080)")
    .addOption(new Option("-o, --output <form>", "how to print").choices(OUTPUTS).default("table"))
    .showSuggestionAfterError()
    .addHelpText("after", EXIT_CODES);
  const commands = [
    upCommand(wiring),
    devCommand(wiring),
    applyCommand(wiring),
    getCommand(wiring),
    deleteCommand(wiring),
    logsCommand(wiring),
    runCommand(wiring),
    explainCommand(wiring),
    changesCommand(wiring),
    newCommand(wiring),
    healthCommand(wiring),
    completionCommand(wiring),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of allCommands(program)) settle(command, wiring);
  return program;
}

/** Every command below a command, itself included. */
export function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap((one) => allCommands(one))];
}

/** The words that name a command: `conveyor run get`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** What holds for every command alike. */
function settle(command: Command, { terminal }: Wiring): void {
  command
    .exitOverride()
    .showHelpAfterError(`hint: \`${pathOf(command)} --help\` shows the usage`)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void terminal.out(text),
      writeErr: (text) => terminal.err(text),
      getOutHasColors: () => terminal.isColored,
      ...(terminal.columns === undefined ? {} : { getOutHelpWidth: () => terminal.columns ?? 80 }),
    });
}
