/** Where the feed ends now. */
import type { Client } from "@conveyor-ci/client";

/**
 * The newest position of the feed, 0 where it is empty. It asks a number of times that grows with
 * the logarithm of the feed's length: positions are dense, so whether there is one after another
 * can be searched for, and nothing is read that will not be shown.
 */
export async function findFeedEnd(client: Pick<Client, "changes">): Promise<number> {
  const isBefore = async (position: number) => {
    const { items } = await client.changes.list({ after: position, limit: 1 }).page();
    return items.length > 0;
  };
  if (!(await isBefore(0))) return 0;
  let low = 0;
  let high = 1;
  while (await isBefore(high)) {
    low = high;
    high *= 2;
  }
  // The end is after `low`, and not after `high`.
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await isBefore(middle)) low = middle;
    else high = middle;
  }
  return high;
}
