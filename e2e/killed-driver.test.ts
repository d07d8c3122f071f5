import { describe, expect, it } from "vitest";
import type { Child } from "./harness/child.ts";
import { eventually } from "./harness/eventually.ts";
import { useWorld } from "./harness/world.ts";

/** The grace of a lease after its connection closed, and what delivering it again may take. */
const AGAIN_WITHIN_MS = 10_000 + 1_000;
/** What reading the run, and a busy machine, add to it. */
const MARGIN_MS = 2_000;

describe("a driver instance that dies in mid-step", () => {
  const world = useWorld("killed");

  /** Two instances, and which of them has the step run of `run`. */
  async function startTwo(run: string): Promise<{ holder: Child; other: Child }> {
    const children = await Promise.all(
      ["one", "two"].map((instance) => world.startDriver({ name: "builder", instance })),
    );
    const [entry] = await eventually(() => {
      const entries = world.stage.entries("waiting", run);
      return entries.length > 0 && entries;
    });
    const holder = children.find(({ pid }) => pid === entry?.pid);
    const other = children.find(({ pid }) => pid !== entry?.pid);
    return { holder: holder!, other: other! };
  }

  it("P2: a step run whose instance is killed in mid-step is delivered again", async () => {
    await world.startServer();
    const id = await world.create("app-1", {
      builder: [{ do: "log", count: 100 }, { do: "flush" }, { do: "gate", name: "finish" }],
    });
    const { holder, other } = await startTwo(id);
    await holder.kill();
    const killedAt = Date.now();
    await eventually(() => world.stage.entries("start", id).length === 2, {
      withinMs: AGAIN_WITHIN_MS + MARGIN_MS,
      what: "the second delivery",
    });
    expect(world.stage.entries("start", id)[1]?.pid).toBe(other.pid);
    world.stage.open("finish");
    const run = await world.ended(id);
    expect(run.state).toBe("succeeded");
    const [first, second] = run.steps[0]!.attempts;
    expect(first).toMatchObject({ number: 1, outcome: "lost", code: "instance_lost" });
    expect(second).toMatchObject({ number: 2, outcome: "succeeded" });
    expect(Date.parse(second!.startedAt) - killedAt).toBeLessThan(AGAIN_WITHIN_MS);
    const lines = await world.lines(id);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
    const byAttempt = [1, 2].map((number) => lines.filter(({ attempt }) => attempt === number));
    expect(byAttempt.map(({ length }) => length)).toEqual([100, 100]);
  });
});
