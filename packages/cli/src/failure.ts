/** Failures of a command: which exit code, and what a person reads. */
import { ApiError, UnreachableError } from "@conveyor-ci/client";
import { CommanderError } from "commander";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { plainText } from "./plain-text.ts";
import { refusalHint, refusalLines } from "./refusal-lines.ts";

/** A failure that the command itself found: what, where, and what to do. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(message: string, options: { exitCode: ExitCode; hint?: string; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = "CommandFailure";
    this.exitCode = options.exitCode;
    this.hint = options.hint;
  }
}

/** Wrong usage or an unreadable file: exit code 2. */
export function usageFailure(message: string, hint?: string): CommandFailure {
  return new CommandFailure(message, {
    exitCode: EXIT.usage,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** A failure as it is shown. */
export interface FailureView {
  readonly exitCode: ExitCode;
  /** The first says what failed; empty where it has been said. */
  readonly lines: readonly string[];
}

/** Says an error in lines, and the exit code that stands for it. */
export function viewFailure(error: unknown): FailureView {
  if (error instanceof CommanderError) {
    // Commander has printed the help or the error by itself.
    return { exitCode: error.exitCode === 0 ? EXIT.done : EXIT.usage, lines: [] };
  }
  if (error instanceof ApiError)
    return { exitCode: EXIT.refused, lines: [...refusalLines(error), ...hint(refusalHint(error))] };
  if (error instanceof UnreachableError) {
    return { exitCode: EXIT.unreachable, lines: [`error: ${error.message}`, ...hint(error.hint)] };
  }
  if (error instanceof CommandFailure) {
    return { exitCode: error.exitCode, lines: [`error: ${error.message}`, ...hint(error.hint)] };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exitCode: EXIT.bug,
    lines: [`error: ${text}`, ...hint("this is a bug of conveyor; please report it")],
  };
}

function hint(text: string | undefined): string[] {
  return text === undefined ? [] : [`hint: ${plainText(text)}`];
}
