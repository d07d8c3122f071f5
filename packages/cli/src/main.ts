#!/usr/bin/env node
/** The program `conveyor`. */
import { runCommandLine } from "./run-command.ts";
import { processTerminal } from "./terminal.ts";

// Whoever reads may stop reading, as `head` does: that is an end, not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const code = await runCommandLine(process.argv.slice(2), processTerminal());
process.exitCode = code;
