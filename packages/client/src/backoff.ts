/** Waiting before another try. */

/** Bounds of the waits: full jitter below `firstMs` doubling up to `maxMs`. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Milliseconds to wait before try number `attempt`, counted from 1; never zero. */
export function backoffMs(backoff: Backoff, attempt: number): number {
  const ceilingMs = Math.min(backoff.maxMs, backoff.firstMs * 2 ** (attempt - 1));
  return 1 + Math.random() * ceilingMs;
}

/** Waits, or throws the signal's reason as soon as it aborts. */
export async function pause(durationMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      // What the caller gave as the reason is thrown as it is, as fetch does.
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, durationMs);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
