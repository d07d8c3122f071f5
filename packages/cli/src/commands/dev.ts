/** `conveyor dev`: a server and drivers at work together, for whoever writes the drivers. */
import { fileURLToPath } from "node:url";
import { createClient } from "@conveyor-ci/client";
import type { Command } from "commander";
import { defineCommand, type Wiring } from "../context.ts";
import { startProgram } from "../dev/child-program.ts";
import { showRuns } from "../dev/show-runs.ts";
import { type WatchedDriver, watchDriver } from "../dev/watch-driver.ts";
import { EXIT } from "../exit-codes.ts";
import { CommandFailure } from "../failure.ts";
import { plainText } from "../plain-text.ts";
import { nextStopSignal } from "../stop-signal.ts";
import type { Terminal } from "../terminal.ts";

interface Options {
  readonly port?: string;
  readonly data?: string;
}

/** A little longer than the server gives itself. */
const STOP_SERVER_MS = 12_000;

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));

export function devCommand(wiring: Wiring): Command {
  return defineCommand("dev", "run the server and drivers together, for whoever writes them")
    .argument("[drivers...]", "files of drivers, in TypeScript or JavaScript")
    .option("--port <port>", "port to listen on, 0 for any free one (default: 8080)")
    .option("--data <dir>", "directory of the data (default: ./.conveyor)")
    .addHelpText(
      "after",
      `
A driver is started anew when one of its sources changes. Its output, that of the server, and
the lines of all new runs appear in this terminal.

Example:
  conveyor dev builder.ts deployer.ts`,
    )
    .action(async (files: readonly string[], options: Options) => {
      const stopSignal = nextStopSignal();
      await develop(wiring.terminal, { files, options, stopSignal });
    });
}

interface Session {
  readonly files: readonly string[];
  readonly options: Options;
  readonly stopSignal: Promise<void>;
}

async function develop(terminal: Terminal, session: Session): Promise<void> {
  const say = (name: string, text: string) => {
    void terminal.out(`${terminal.colors.dim(`${name} |`)} ${plainText(text)}\n`);
  };
  const server = startServer(terminal, session.options, say);
  const drivers: WatchedDriver[] = [];
  const watching = new AbortController();
  let showing: Promise<void> = Promise.resolve();
  try {
    const url = await Promise.race([server.listening, server.ended, session.stopSignal]);
    if (url === undefined) return;
    await terminal.out(`listening on ${url}\n`);
    showing = showRuns(createClient({ server: url }), terminal, watching.signal);
    const env = { ...terminal.env, CONVEYOR_SERVER: url };
    for (const file of session.files) {
      drivers.push(await watchDriver({ file, cwd: terminal.cwd, env, say }));
    }
    await Promise.race([session.stopSignal, server.ended, showing]);
  } finally {
    watching.abort();
    // Drivers first: they hand back their work while there is someone to take it.
    await Promise.all(drivers.map((driver) => driver.stop()));
    await server.stop();
    await showing;
  }
}

interface DevServer {
  /** Its address, once it listens. */
  readonly listening: Promise<string>;
  /** Rejects when it ends by itself. */
  readonly ended: Promise<never>;
  stop(): Promise<void>;
}

function startServer(
  terminal: Terminal,
  { port, data }: Options,
  say: (name: string, text: string) => void,
): DevServer {
  let onListening: (url: string) => void = () => undefined;
  let onEnded: (error: Error) => void = () => undefined;
  const listening = new Promise<string>((resolve) => {
    onListening = resolve;
  });
  const ended = new Promise<never>((_resolve, reject) => {
    onEnded = reject;
  });
  const program = startProgram({
    script: MAIN,
    args: [
      "up",
      ...(port === undefined ? [] : ["--port", port]),
      ...(data === undefined ? [] : ["--data", data]),
    ],
    env: terminal.env,
    cwd: terminal.cwd,
    stopMs: STOP_SERVER_MS,
    onLine(line) {
      const url = /^listening on (\S+)$/.exec(line)?.[1];
      if (url === undefined) say("server", line);
      else onListening(url);
    },
    onEnd: (how) =>
      onEnded(new CommandFailure(`the server ended (${how})`, { exitCode: EXIT.usage })),
  });
  return { listening, ended, stop: () => program.stop() };
}
