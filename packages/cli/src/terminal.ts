/** Where a command reads and writes: the process's own streams, or those of a test. */
import type { Readable, Writable } from "node:stream";
import pc from "picocolors";

type Colors = ReturnType<typeof pc.createColors>;

export interface Terminal {
  readonly stdin: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Colours of stdout; they do nothing where there are none. */
  readonly colors: Colors;
  /** Whether stdout shows colours. */
  readonly isColored: boolean;
  /** Width of stdout, undefined where it is no terminal. */
  readonly columns: number | undefined;
  /** Whether stderr is a terminal, which shows progress. */
  readonly showsProgress: boolean;
  /** Writes to stdout; resolves when more may be written. */
  out(text: string): Promise<void>;
  /** Writes to stderr. */
  err(text: string): void;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  // A stream that is no terminal has no `isTTY` at all, whatever its type says.
  const isTty = Boolean(stdout.isTTY);
  const isColored = wantsColor(env, isTty);
  return {
    stdin,
    env,
    cwd: process.cwd(),
    colors: pc.createColors(isColored),
    isColored,
    columns: isTty ? stdout.columns : undefined,
    showsProgress: Boolean(stderr.isTTY) && env["TERM"] !== "dumb",
    out: (text) => writeTo(stdout, text),
    err: (text) => void stderr.write(text),
  };
}

/** Whether to write in colours: on a terminal, unless NO_COLOR says otherwise (no-color.org). */
export function wantsColor(env: Terminal["env"], isTty: boolean): boolean {
  const refused = env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "";
  return isTty && !refused && env["TERM"] !== "dumb";
}

async function writeTo(stream: Writable, text: string): Promise<void> {
  if (stream.write(text)) return;
  await new Promise<void>((resolve) => stream.once("drain", resolve));
}
