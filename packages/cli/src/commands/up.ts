/** `conveyor up`: runs the server in this process until it is told to stop. */
import type { Command } from "commander";
import { defineCommand, type Wiring } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usageFailure } from "../failure.ts";
import { LOG_THRESHOLDS, readSettings, type Settings } from "../settings.ts";
import { nextStopSignal } from "../stop-signal.ts";

interface Options {
  readonly port?: string;
  readonly host?: string;
  readonly data?: string;
  readonly databaseUrl?: string;
  readonly insecure?: true;
  readonly allowedHost?: readonly string[];
  readonly logLevel?: string;
  readonly config?: string;
}

/** Longest time that stopping may take. */
const STOP_MS = 10_000;

export function upCommand(wiring: Wiring): Command {
  return defineCommand("up", "run the server")
    .option("--port <port>", "port to listen on, 0 for any free one (default: 8080)")
    .option("--host <address>", "address to listen on (default: 127.0.0.1 and ::1)")
    .option("--data <dir>", "directory of the data (default: ./.conveyor)")
    .option("--database-url <url>", "a PostgreSQL database for the data (not supported yet)")
    .option("--insecure", "listen on other addresses although nobody is authenticated")
    .option(
      "--allowed-host <name>",
      "a Host name to answer to besides loopback; may be repeated",
      (name: string, before: readonly string[] | undefined) => [...(before ?? []), name],
    )
    .option("--log-level <level>", `${LOG_THRESHOLDS.join(", ")} (default: warn)`)
    .option("--config <file>", "settings (default: conveyor.yaml, where there is one)")
    .addHelpText(
      "after",
      `
Every setting may also stand in the environment (CONVEYOR_PORT, CONVEYOR_DATA, …) or in
conveyor.yaml under its name (port, data, …). Flags count before both.`,
    )
    .action(async (options: Options) => {
      const { config, allowedHost, databaseUrl, logLevel, ...flags } = options;
      const settings = readSettings(
        wiring.terminal,
        {
          ...flags,
          "allowed-host": allowedHost,
          "database-url": databaseUrl,
          "log-level": logLevel,
        },
        config,
      );
      await serve(wiring, settings);
    });
}

async function serve(wiring: Wiring, settings: Settings): Promise<void> {
  const { terminal } = wiring;
  // Listens before it starts, so that a signal during the start is not lost.
  const stopSignal = nextStopSignal();
  // Loaded only here: no other command needs the server's modules.
  const { startServer } = await import("@conveyor-ci/server/main");
  const server = await startServer(startOptionsOf(settings)).catch((error: unknown) => {
    throw startFailure(error, settings);
  });
  await terminal.out(`listening on ${server.url}\n`);
  await stopSignal;
  const overdue = setTimeout(() => {
    terminal.err("error: the server did not stop within 10 s\n");
    process.exit(EXIT.bug);
  }, STOP_MS);
  await server.stop();
  clearTimeout(overdue);
}

function startOptionsOf({ databaseUrl, host, ...settings }: Settings) {
  if (databaseUrl !== undefined) {
    throw usageFailure(
      "this version keeps its data in a directory; PostgreSQL is not supported yet",
      "leave out the database's address, and choose the directory with --data",
    );
  }
  return { ...settings, ...(host === undefined ? {} : { host }) };
}

function startFailure(error: unknown, { port }: Settings): unknown {
  if (!(error instanceof Error)) return error;
  const { code, hint } = error as Error & { readonly code?: string; readonly hint?: string };
  if (code === "address_in_use" || code === "EADDRINUSE") {
    return usageFailure(
      `port ${port} is taken by another program`,
      `choose another with \`--port ${port + 1}\`, or any free one with \`--port 0\``,
    );
  }
  // What has a code is told by the server, or by the system, for people to act on.
  return code === undefined ? error : usageFailure(error.message, hint);
}
