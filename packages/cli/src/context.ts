/** What every command is given. */
import { type Client, createClient } from "@conveyor-ci/client";
import { Command, type OptionValues } from "commander";
import { usageFailure } from "./failure.ts";
import type { Output } from "./output.ts";
import type { Terminal } from "./terminal.ts";

/** Options that every command takes. */
export interface GlobalOptions {
  readonly server?: string;
  readonly output: Output;
}

/** A command's surroundings, made from its options. */
export interface Context {
  readonly terminal: Terminal;
  readonly output: Output;
  readonly client: Client;
}

/** What a command needs to be wired into the program. */
export interface Wiring {
  readonly terminal: Terminal;
  /** Says how the command ended, where it is neither done nor failed with an error. */
  exit(code: number): void;
}

/** Makes the context of a command that talks to the server. */
export function contextOf(wiring: Wiring, command: Command): Context {
  const options = command.optsWithGlobals<GlobalOptions & OptionValues>();
  const server = options.server ?? wiring.terminal.env["CONVEYOR_SERVER"];
  try {
    const client = createClient(server === undefined || server === "" ? {} : { server });
    return { terminal: wiring.terminal, output: options.output, client };
  } catch (error) {
    if (error instanceof TypeError) throw usageFailure(error.message);
    throw error;
  }
}

/** Begins a command; its summary is its description too. */
export function defineCommand(name: string, summary: string): Command {
  return new Command(name).summary(summary).description(summary);
}
