/** Waiting to be told to stop. */

/** How often the parent is looked for. */
const PARENT_CHECK_MS = 500;

export interface StopSignalOptions {
  /** Whether the terminal's going away counts too. Where it does not, `nohup` keeps its meaning. */
  readonly hangUp?: boolean;
}

/** Resolves at the first SIGTERM or Ctrl-C; a second one ends the process at once. */
export async function nextStopSignal({ hangUp = false }: StopSignalOptions = {}): Promise<void> {
  await new Promise<void>((resolve) => {
    const exitCodes = { SIGINT: 130, SIGTERM: 143, ...(hangUp ? { SIGHUP: 129 } : {}) };
    for (const [signal, exitCode] of Object.entries(exitCodes)) {
      let isFirst = true;
      process.on(signal, () => {
        if (!isFirst) process.exit(exitCode);
        isFirst = false;
        resolve();
      });
    }
    if (process.env["npm_lifecycle_event"] !== undefined) onParentGone(resolve);
  });
}

/**
 * What npm and npx are told to stop by ends the shell that they run this program in, and reaches no
 * further: the loss of that shell stands for it.
 */
function onParentGone(then: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    then();
  }, PARENT_CHECK_MS);
  timer.unref();
}
