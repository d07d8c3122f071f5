import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { KIND, type Script } from "./harness/script.ts";
import { createShiftedDate } from "./harness/shifted-date.ts";
import { startTcpProxy } from "./harness/tcp-proxy.ts";
import { useWorld } from "./harness/world.ts";

const HOUR_MS = 3_600_000;
/** An instance ends a socket that is silent for 15 s, and comes back within 3 s more. */
const BACK_WITHIN_MS = 15_000 + 3_000;
const MARGIN_MS = 5_000;

const GATED: Script = { "*": [{ do: "gate", name: "finish" }] };

describe("a wall clock that jumps", () => {
  const world = useWorld("clock");

  it("P2: makes no lease and no timeout expire, nor keeps one from expiring", async () => {
    const clock = createShiftedDate(world.scope.directory);
    await world.startServer({ env: clock.env });
    await world.startDriver({ name: "builder", concurrency: 10 });
    for (const [name, timeout] of [
      ["patient", "10m"],
      ["hasty", "1s"],
    ] as const) {
      const steps = [{ id: "build", driver: "builder", timeout }];
      await world.client.pipelines.apply({ name, resource: KIND, steps });
    }
    const long = await world.create("app-long", GATED, { pipeline: "patient" });
    await eventually(() => world.stage.entries("start", long).length === 1);
    for (const [index, jump] of [HOUR_MS, -HOUR_MS, 0].entries()) {
      clock.shift(jump);
      const short = await world.create(`app-${index}`, GATED, { pipeline: "hasty" });
      expect(await world.ended(short)).toMatchObject({ state: "timed_out" });
      expect(await world.run(long)).toMatchObject({ state: "running" });
    }
    world.stage.open("finish");
    const run = await world.ended(long);
    expect(run.steps[0]?.attempts).toMatchObject([{ number: 1, outcome: "succeeded" }]);
    const times: number[] = [];
    for await (const { at } of world.client.changes.list({ limit: 1_000 })) {
      times.push(Date.parse(at));
    }
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)! - times[0]!).toBeLessThan(HOUR_MS / 10);
  });

  it("P10: put back an hour does not keep an instance from seeing that its connection is dead", async () => {
    const clock = createShiftedDate(world.scope.directory);
    const { url } = await world.startServer();
    const proxy = await startTcpProxy(world.scope, url);
    await world.startDriver({ name: "builder", server: proxy.url, env: clock.env });
    const isConnected = async () => {
      const { instances } = await world.client.drivers.get("builder");
      return instances.some(({ connected }) => connected);
    };
    clock.shift(-HOUR_MS);
    proxy.vanish("server");
    await eventually(async () => !(await isConnected()));
    await eventually(isConnected, {
      withinMs: BACK_WITHIN_MS + MARGIN_MS,
      what: "the instance connects again",
    });
  });
});
