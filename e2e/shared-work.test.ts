import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { useWorld } from "./harness/world.ts";

describe("two instances of one driver", () => {
  const world = useWorld("shared");

  it("P3: share its step runs, none having more at once than its concurrency", async () => {
    await world.startServer();
    const slots = { big: 3, small: 2 };
    for (const [instance, concurrency] of Object.entries(slots)) {
      await world.startDriver({ name: "builder", instance, concurrency });
    }
    const runs = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        world.create(`app-${index}`, { builder: [{ do: "gate", name: "finish" }] }),
      ),
    );
    const atWork = () => {
      const count = { big: 0, small: 0 };
      for (const { what, instance } of world.stage.journal()) {
        if (what === "start") count[instance as keyof typeof count] += 1;
        if (what === "end") count[instance as keyof typeof count] -= 1;
      }
      return count;
    };
    await eventually(() => JSON.stringify(atWork()) === JSON.stringify(slots));
    const { instances, queued } = await world.client.drivers.get("builder");
    expect(queued).toBe(15);
    expect(instances.map(({ instance, running }) => [instance, running]).sort()).toEqual([
      ["big", 3],
      ["small", 2],
    ]);
    const waiting = await Promise.all(runs.map((run) => world.run(run)));
    const why = waiting.flatMap((run) => run.why.map(({ code }) => code));
    expect(why).toEqual(Array.from({ length: 15 }, () => "instances_busy"));

    world.stage.open("finish");
    for (const run of runs) expect((await world.ended(run)).state).toBe("succeeded");
    const most = { big: 0, small: 0 };
    const count = { big: 0, small: 0 };
    for (const { what, instance } of world.stage.journal()) {
      const name = instance as keyof typeof count;
      if (what === "start") count[name] += 1;
      if (what === "end") count[name] -= 1;
      most[name] = Math.max(most[name], count[name]);
    }
    expect(most).toEqual(slots);
  });
});
