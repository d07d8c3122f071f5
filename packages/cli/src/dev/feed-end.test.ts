import type { Client } from "@conveyor-ci/client";
import { expect, it } from "vitest";
import { findFeedEnd } from "./feed-end.ts";

/** A feed of so many changes, and how often it was asked. */
function feedOf(length: number) {
  const asked: number[] = [];
  const list = ({ after = 0 }: { after?: number } = {}) => ({
    async page() {
      asked.push(after);
      return { items: after < length ? [{ position: after + 1 }] : [], next: null };
    },
  });
  return { asked, client: { changes: { list } } as unknown as Pick<Client, "changes"> };
}

it("the end of a feed is found, however long it is, without reading it", async () => {
  for (const length of [0, 1, 2, 3, 7, 8, 9, 1_000, 123_456_789]) {
    const { asked, client } = feedOf(length);
    expect(await findFeedEnd(client)).toBe(length);
    expect(asked.length).toBeLessThanOrEqual(2 * Math.log2(length + 1) + 3);
  }
});
