import { describe, expect, it } from "vitest";
import { type History, runHistory } from "./run-history.ts";
import { simulate, textOf } from "./simulate.ts";

function textOfFigures({ seen, ...figures }: Omit<History, "broken">): string {
  return JSON.stringify({ ...figures, seen: [...seen] });
}

async function traceOf(seed: number): Promise<readonly string[]> {
  const trace: string[] = [];
  const { broken, ...figures } = await runHistory({
    seed,
    onEvent: (at, text) => trace.push(`${at} ${text}`),
  });
  return [...trace, ...broken, textOfFigures(figures)];
}

describe("a simulated history", { timeout: 120_000 }, () => {
  it("is the same each time for the same seed, and another for another", async () => {
    for (const seed of [1, 2, 3, 180, 49]) {
      const first = await traceOf(seed);
      expect(await traceOf(seed)).toEqual(first);
      expect(first.length).toBeGreaterThan(10);
    }
    expect(await traceOf(4)).not.toEqual(await traceOf(5));
  });

  it("is the same whether or not somebody looks on", async () => {
    const { broken: _, ...figures } = await runHistory({ seed: 7 });
    expect((await traceOf(7)).at(-1)).toBe(textOfFigures(figures));
  });

  it("that fails says which promise is broken, and the command that shows it", () => {
    const history = {
      seed: 12,
      broken: ["run a is lost"],
      actions: 1,
      runs: 1,
      handlers: 0,
      lines: 0,
      seen: new Map(),
    };
    expect(textOf(history).split("\n")).toEqual([
      "history 12 breaks promises:",
      "  run a is lost",
      "see it: npm run simulate -- --seed 12 --histories 1 --verbose",
    ]);
  });
});

it("no promise is broken in the first histories", { timeout: 120_000 }, async () => {
  const { failures, runs, handlers, lines } = await simulate({ seed: 1, histories: 200 });
  expect(failures.map(textOf)).toEqual([]);
  // What is not there cannot fail.
  expect(Math.min(runs, handlers, lines)).toBeGreaterThan(300);
});
