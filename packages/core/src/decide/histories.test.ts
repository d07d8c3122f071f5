import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRunEnded } from "../nouns/run.ts";
import { brokenIn } from "../testing/broken-in.ts";
import { type Act, commandOf, finishAll, newWorld, perform } from "../testing/histories.ts";

const index = fc.nat({ max: 1_000 });

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant("put"), name: index, pipeline: index }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("delete"), name: index, force: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("cancel", "rerun"), run: index }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("hello"),
        driver: index,
        events: index,
        boot: fc.nat({ max: 1 }),
        isNaming: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("disconnect"),
        session: index,
        goodbye: fc.boolean(),
      }),
    },
    { weight: 5, arbitrary: fc.record({ do: fc.constant("claim") }) },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant("result"), lease: index, success: fc.boolean() }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("lines"), lease: index, first: fc.nat(2) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("forget"), driver: index }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("tick"), ms: fc.constantFrom(1, 5_000, 25_000) }),
    },
  ),
  { maxLength: 60, size: "max" },
);

/** A busy machine may take its time; the number of histories is what bounds the tests. */
describe("any history", { timeout: 120_000 }, () => {
  it("keeps one holder, the order of the lane, and every record beside the runs in step", () => {
    fc.assert(
      fc.property(acts, (history) => {
        const world = newWorld();
        const orphans = new Set<string>();
        for (const act of history) {
          perform(world, act);
          const broken = brokenIn(world.records, orphans);
          if (broken.length > 0) throw new Error(broken.join("; "));
        }
      }),
      { numRuns: 400 },
    );
  });

  it("leaves nothing stuck: when all drivers answer everything, every run ends", () => {
    fc.assert(
      fc.property(acts, (history) => {
        const world = newWorld();
        for (const act of history) perform(world, act);
        finishAll(world);
        const open = world.records.all("run").filter(({ state }) => !isRunEnded(state));
        expect(open).toEqual([]);
        for (const table of ["queue", "orphan"] as const) {
          expect(world.records.all(table)).toEqual([]);
        }
        const left = world.records.all("resource").filter(({ phase }) => phase === "deleted");
        expect(left).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("comes to the same outcomes and records however its loads arrive (V3)", () => {
    fc.assert(
      fc.property(acts, (history) => {
        const planned = newWorld();
        const frugal = newWorld({ loading: "one by one" });
        for (const act of history) {
          perform(planned, act);
          perform(frugal, act);
          expect({ ...frugal.last, writes: [] }).toEqual({ ...planned.last, writes: [] });
        }
        expect(frugal.records.snapshot()).toEqual(planned.records.snapshot());
      }),
      { numRuns: 200 },
    );
  });

  it("decides a batch as it decides its commands one after the other", () => {
    fc.assert(
      fc.property(acts, fc.integer({ min: 2, max: 8 }), (history, size) => {
        const single = newWorld();
        const batched = newWorld();
        for (let first = 0; first < history.length; first += size) {
          const part = history.slice(first, first + size).filter((act) => act.do !== "tick");
          const commands = part.map((act) => commandOf(batched, act));
          const asked = commands.filter((one) => one !== undefined && one.kind !== "claim");
          const together = batched.batch(...asked.filter((one) => one !== undefined));
          const apart = asked.map((one) => (one === undefined ? [] : single.batch(one))).flat();
          expect(together).toEqual(apart);
          perform(single, { do: "claim" });
          perform(batched, { do: "claim" });
        }
        expect(batched.records.snapshot()).toEqual(single.records.snapshot());
      }),
      { numRuns: 300 },
    );
  });
});
