/** An abort signal that follows the caller's own and a time limit, and can be let go of. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Starts the time again. */
  restart(): void;
  /** Frees the timer and the caller's signal; legal more than once. */
  clear(): void;
}

/** The reason of a deadline's signal when the time ran out. */
export class TimeLimitError extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs / 1_000} s`);
    this.name = "TimeLimitError";
  }
}

/**
 * Makes a deadline. Unlike `AbortSignal.any`, it leaves nothing behind on a caller's signal that
 * lives long.
 */
export function createDeadline(
  timeoutMs: number,
  signals: readonly (AbortSignal | undefined)[],
): Deadline {
  const controller = new AbortController();
  const outer = signals.filter((signal) => signal !== undefined);
  const onAbort = () => controller.abort(outer.find((signal) => signal.aborted)?.reason);
  const start = () => setTimeout(() => controller.abort(new TimeLimitError(timeoutMs)), timeoutMs);
  let timer = start();
  if (outer.some((signal) => signal.aborted)) onAbort();
  for (const signal of outer) signal.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    restart() {
      clearTimeout(timer);
      timer = start();
    },
    clear() {
      clearTimeout(timer);
      for (const signal of outer) signal.removeEventListener("abort", onAbort);
    },
  };
}
