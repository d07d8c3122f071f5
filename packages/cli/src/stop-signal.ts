/** Waiting to be told to stop. */

/** Resolves at the first SIGTERM or Ctrl-C; a second one ends the process at once. */
export async function nextStopSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      let isFirst = true;
      process.on(signal, () => {
        if (!isFirst) process.exit(signal === "SIGINT" ? 130 : 143);
        isFirst = false;
        resolve();
      });
    }
  });
}
