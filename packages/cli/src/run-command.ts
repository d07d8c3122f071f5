/** Runs one command line: the outermost frame, which alone prints errors. */
import type { Command } from "commander";
import type { Wiring } from "./context.ts";
import { EXIT } from "./exit-codes.ts";
import { viewFailure } from "./failure.ts";
import { createProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/** Runs it to its end and answers the exit code. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = EXIT.done;
  const wiring: Wiring = {
    terminal,
    exit(next) {
      code = next;
    },
  };
  const program: Command = createProgram(wiring);
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    const { exitCode, lines } = viewFailure(error);
    for (const line of lines) terminal.err(`${line}\n`);
    return exitCode;
  }
}
