/** Waiting in tests. */

const POLL_MS = 5;
const BOUND_MS = 10_000;

/** Waits until `condition` answers something true, and answers it; fails after 10 s. */
export async function eventually<T>(
  condition: () => T | undefined | false,
  what = condition.toString(),
): Promise<T> {
  const deadline = Date.now() + BOUND_MS;
  for (;;) {
    const answer = condition();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`did not come true within ${BOUND_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
