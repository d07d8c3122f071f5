/** `conveyor dev`: a server and drivers at work together, for whoever writes the drivers. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { createClient } from "@conveyor-ci/client";
import type { Command } from "commander";
import { defineCommand, type Wiring } from "../context.ts";
import { startProgram } from "../dev/child-program.ts";
import { namesOfDrivers } from "../dev/driver-names.ts";
import { showRuns } from "../dev/show-runs.ts";
import { createSpeaker } from "../dev/speaker.ts";
import { type WatchedDriver, watchDriver } from "../dev/watch-driver.ts";
import { EXIT } from "../exit-codes.ts";
import { CommandFailure, usageFailure } from "../failure.ts";
import { PROGRAM_FILE } from "../own-files.ts";
import { nextStopSignal } from "../stop-signal.ts";
import type { Terminal } from "../terminal.ts";

interface Options {
  readonly port?: string;
  readonly data?: string;
}

/** A little longer than the server gives itself. */
const STOP_SERVER_MS = 12_000;

export function devCommand(wiring: Wiring): Command {
  return defineCommand("dev", "run the server and drivers together, for whoever writes them")
    .argument("[drivers...]", "files of drivers, in TypeScript or JavaScript")
    .option("--port <port>", "port to listen on, 0 for any free one (default: 8080)")
    .option("--data <dir>", "directory of the data (default: ./.conveyor)")
    .addHelpText(
      "after",
      `
A driver is started anew when one of its sources changes; one that cannot be built says where, and
waits for the next change. All output, and the lines of all runs from now on, appear here.

Example:
  conveyor dev builder.ts deployer.ts`,
    )
    .action(async (files: readonly string[], options: Options) => {
      const { terminal } = wiring;
      for (const file of files) assertFile(terminal.cwd, file);
      await develop(terminal, { files, options, stopSignal: nextStopSignal({ hangUp: true }) });
    });
}

/** Before anything is started: a typing error starts nothing. */
function assertFile(cwd: string, file: string): void {
  if (statSync(resolve(cwd, file), { throwIfNoEntry: false })?.isFile() === true) return;
  throw usageFailure(
    `${file}: there is no such file`,
    "name the files of drivers, such as src/main.ts",
  );
}

interface Session {
  readonly files: readonly string[];
  readonly options: Options;
  readonly stopSignal: Promise<void>;
}

async function develop(terminal: Terminal, session: Session): Promise<void> {
  const { files, stopSignal } = session;
  const names = namesOfDrivers(terminal.cwd, files);
  const speaker = createSpeaker(terminal, names);
  const server = startServer(terminal, session.options, (text) => speaker.say("server", text));
  const drivers: WatchedDriver[] = [];
  const watching = new AbortController();
  let shown: Promise<void> | undefined;
  try {
    const url = await Promise.race([server.listening, server.ended, stopSignal]);
    if (url === undefined) return;
    await terminal.out(`listening on ${url}\n`);
    const client = createClient({ server: url });
    const { ended } = await showRuns({ client, terminal, speaker, signal: watching.signal });
    shown = ended;
    const env = { ...terminal.env, CONVEYOR_SERVER: url };
    for (const [index, file] of files.entries()) {
      const say = (text: string) => speaker.say(names[index] ?? file, text);
      drivers.push(await watchDriver({ file, cwd: terminal.cwd, env, say }));
    }
    await Promise.race([stopSignal, server.ended, shown]);
  } finally {
    // Drivers first: they hand back their work while there is someone to take it, and what they
    // log meanwhile is still shown.
    await Promise.all(drivers.map((driver) => driver.stop()));
    watching.abort();
    await server.stop();
    await shown;
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
  say: (text: string) => void,
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
    script: PROGRAM_FILE,
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
      if (url === undefined) say(line);
      else onListening(url);
    },
    onEnd: (how) =>
      onEnded(new CommandFailure(`the server ended (${how})`, { exitCode: EXIT.usage })),
  });
  ended.catch(() => undefined);
  return { listening, ended, stop: () => program.stop() };
}
