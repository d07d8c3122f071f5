import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { KIND, type Script } from "./harness/script.ts";
import { useWorld } from "./harness/world.ts";

describe("changes of one resource", () => {
  const world = useWorld("order");

  async function update(name: string, script: Script, pipeline?: string): Promise<string> {
    const at = { kind: KIND, name };
    const body = { spec: { script }, ...(pipeline === undefined ? {} : { pipeline }) };
    const { runId } = await world.client.resources.update(at, body);
    if (runId === null) throw new Error("the change made no run");
    return runId;
  }

  /** What handlers did, in order: `+version/step` where one began, `-…` where it ended. */
  const story = () =>
    world.stage
      .journal()
      .filter(({ what, resource }) => (what === "start" || what === "end") && resource === "app-1")
      .map(({ what, version, step }) => `${what === "start" ? "+" : "-"}${version}/${step}`);

  it("P4: are taken by a driver one after the other, in the order of their acceptance", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder" });
    const first = await world.create("app-1", { "*": [{ do: "gate", name: "first" }] });
    const second = await update("app-1", { "*": [{ do: "gate", name: "second" }] });
    const third = await update("app-1", { "*": [{ do: "log", count: 1 }] });
    const aside = await world.create("app-2");
    expect((await world.ended(aside)).state).toBe("succeeded");
    await eventually(() => story().join() === "+1/builder");
    const waiting = await world.run(third);
    expect(waiting.steps[0]?.state).toBe("waiting");
    expect(waiting.why[0]).toMatchObject({ code: "waiting_for_runs" });
    expect(waiting.why[0]?.message).toContain("app-1");
    world.stage.open("first");
    await eventually(() => story().join() === "+1/builder,-1/builder,+2/builder");
    expect((await world.run(first)).state).toBe("succeeded");
    world.stage.open("second");
    await world.ended(third);
    expect((await world.run(second)).state).toBe("succeeded");
    expect(story().slice(3)).toEqual(["-2/builder", "+3/builder", "-3/builder"]);
  });

  it("P4: wait, with a pipeline, until all earlier runs of the resource have ended", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder" });
    await world.startDriver({ name: "publisher" });
    const pipeline = "delivery";
    await world.client.pipelines.apply({
      name: pipeline,
      resource: KIND,
      steps: [
        { id: "build", driver: "builder" },
        { id: "publish", driver: "publisher" },
      ],
    });
    await world.create("app-1", { publish: [{ do: "gate", name: "first" }] }, { pipeline });
    const second = await update("app-1", {}, pipeline);
    await eventually(() => story().join() === "+1/build,-1/build,+1/publish");
    const waiting = await world.run(second);
    expect(waiting.state).toBe("pending");
    expect(waiting.why[0]?.message).toMatch(/^waiting for 1 earlier run of app-1/);
    world.stage.open("first");
    expect((await world.ended(second)).state).toBe("succeeded");
    const rest = ["-1/publish", "+2/build", "-2/build", "+2/publish", "-2/publish"];
    expect(story().slice(3)).toEqual(rest);
  });
});
