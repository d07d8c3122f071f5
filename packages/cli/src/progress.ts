/** A line on stderr that says what is waited for; only on a terminal, only after a second. */

import type { Terminal } from "./terminal.ts";
import { spanText } from "./time.ts";

export interface Progress {
  /** Changes what is said. */
  say(text: string): void;
  /** Takes the line away, so that other text can be written. */
  clear(): void;
  /** Takes it away for good; legal more than once. */
  stop(): void;
}

const QUIET_MS = 1_000;
const ENDING_SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Starts to show progress. Someone must stop it. */
export function startProgress(terminal: Terminal, text: string): Progress {
  if (!terminal.showsProgress) return { say() {}, clear() {}, stop() {} };
  const startedAt = performance.now();
  let said = text;
  let shown = false;
  const clear = () => {
    if (shown) terminal.err("\r\u001b[2K");
    shown = false;
  };
  const show = () => {
    clear();
    const room = (terminal.columns ?? 80) - 1;
    terminal.err(`${said} (${spanText(performance.now() - startedAt)})`.slice(0, room));
    shown = true;
  };
  const timer = setInterval(show, QUIET_MS);
  timer.unref();
  // The shell's next line must not stand behind what was said; the signal then does what it does.
  const onSignal = (signal: NodeJS.Signals) => {
    clear();
    for (const one of ENDING_SIGNALS) process.off(one, onSignal);
    process.kill(process.pid, signal);
  };
  for (const one of ENDING_SIGNALS) process.on(one, onSignal);
  return {
    say(next) {
      said = next;
    },
    clear,
    stop() {
      clearInterval(timer);
      for (const one of ENDING_SIGNALS) process.off(one, onSignal);
      clear();
    },
  };
}

/** Shows progress while the work goes on. */
export async function withProgress<T>(
  terminal: Terminal,
  text: string,
  work: () => Promise<T>,
): Promise<T> {
  const progress = startProgress(terminal, text);
  try {
    return await work();
  } finally {
    progress.stop();
  }
}
