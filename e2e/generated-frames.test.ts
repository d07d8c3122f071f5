import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fetchFrameSchemas } from "./harness/frame-schemas.ts";
import { converse } from "./harness/generated/converse.ts";
import { announce, FRAMES, SEED } from "./harness/generated/settings.ts";
import { DRIVER, PER_CONNECTION, type Talk, talksOf } from "./harness/generated/talks.ts";
import { useWorld } from "./harness/world.ts";

const SLOW_MS = 1_000;

describe("frames that were generated from the description of the protocol", () => {
  const world = useWorld("frames");

  it("P9: break nothing, are answered as described, and lose no lease of others", async () => {
    const { url } = await world.startServer();
    announce(`${FRAMES} frames`);
    const schemas = await fetchFrameSchemas(url);
    const counts = new Map<string, number>();
    let connections = 0;
    const check = async (talk: Talk): Promise<void> => {
      connections += 1;
      const instance = `raw-${connections}`;
      if (talk.works) await world.create(`app-${connections}`);
      for (const frame of await converse(url, talk, instance)) {
        expect(schemas.issues(frame), JSON.stringify(frame)).toEqual([]);
        expect(schemas.received.has(frame.type)).toBe(true);
        const what = frame.type === "error" ? `error ${frame.code}` : frame.type;
        counts.set(what, (counts.get(what) ?? 0) + 1);
        expect(frame.code).not.toBe("internal_error");
      }
      const began = performance.now();
      expect((await fetch(`${url}/ready`)).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(SLOW_MS);
    };
    const numRuns = Math.ceil(FRAMES / PER_CONNECTION);
    const talks = fc.asyncProperty(talksOf(schemas), check);
    await fc.assert(talks, { numRuns, seed: SEED, endOnFailure: true });
    console.log("answers by type:", Object.fromEntries([...counts].sort()));
    for (const type of ["welcome", "assign", "logged", "refused", "recorded", "lost"]) {
      expect(counts.get(type) ?? 0, type).toBeGreaterThan(0);
    }
    for (const code of ["invalid_frame", "frame_too_large"]) {
      expect(counts.get(`error ${code}`) ?? 0, code).toBeGreaterThan(0);
    }
    const id = await world.create("last");
    await world.startDriver({ name: DRIVER, concurrency: 100 });
    expect(await world.ended(id, 60_000)).toMatchObject({ state: "succeeded" });
    expect(await linesOutOfOrder(url)).toEqual([]);
  }, 3_600_000);
});

/** Lines of any run that do not have the number after the line before. */
async function linesOutOfOrder(url: string): Promise<readonly string[]> {
  const last = new Map<string, number>();
  const wrong: string[] = [];
  const answer = await fetch(`${url}/logs`, { headers: { accept: "application/x-ndjson" } });
  for (const text of (await answer.text()).split("\n").filter(Boolean)) {
    const { runid, seq } = JSON.parse(text) as { readonly runid: string; readonly seq: number };
    const expected = (last.get(runid) ?? 0) + 1;
    if (seq !== expected) wrong.push(`run ${runid}: line ${seq} stands where ${expected} should`);
    last.set(runid, seq);
  }
  expect(last.size).toBeGreaterThan(0);
  return wrong;
}
