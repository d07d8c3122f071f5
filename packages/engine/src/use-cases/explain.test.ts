import type { Pipeline, PipelineStep } from "@conveyor-ci/core";
import { settled } from "@conveyor-ci/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import type { Why } from "../engine.ts";
import { connect, createApp, createWorld, me, updateApp, type World } from "../testing/world.ts";

let world: World;

beforeEach(async () => {
  world = await createWorld();
});

async function putPipeline(steps: readonly Partial<PipelineStep>[]): Promise<Pipeline> {
  const content = {
    name: "release",
    description: null,
    version: null,
    resource: "app",
    events: ["create", "update"] as const,
    steps: steps.map((step, index) => ({
      id: `step-${index}`,
      name: null,
      driver: "builder",
      timeout: null,
      needs: null,
      ...step,
    })),
    metadata: {},
  };
  return (await world.engine.putPipeline(me, content, "apply")).pipeline;
}

/** Why a run is not moving: the one reason there is. */
async function whyOf(id: string): Promise<Why> {
  const { why } = await world.engine.getRun(id);
  expect(why).toHaveLength(1);
  return why[0] as Why;
}

async function stepWhyOf(id: string, step: string): Promise<Why> {
  const { stepWhy } = await world.engine.getRun(id);
  return stepWhy[step]?.[0] as Why;
}

describe("P11: a run that is not moving says", () => {
  it("no_listener: that nobody listens to its kind, since it was made", async () => {
    const since = world.clock.now();
    const id = await createApp(world, "a");
    await world.clock.advance(5_000);
    expect(await whyOf(id)).toEqual({
      code: "no_listener",
      message: "no driver listens to create of app",
      hint: "connect a driver that names app in its resources; it is given this run",
      since,
    });
  });

  it("driver_never_connected: which driver was probably meant", async () => {
    await connect(world);
    await putPipeline([{ driver: "bilder" }]);
    const since = world.clock.now();
    const id = await createApp(world, "a", "release");
    expect(await whyOf(id)).toEqual({
      code: "driver_never_connected",
      message: "no driver named bilder has ever connected; did the pipeline mean builder?",
      hint: "start a driver named bilder",
      since,
    });
  });

  it("driver_name_reserved: that no driver can have the name, stored before it was refused", async () => {
    const former = await connect(world, { driver: "connect" });
    await former.session.closed(true);
    await putPipeline([{ driver: "connect" }]);
    const id = await createApp(world, "a", "release");
    expect(await whyOf(id)).toMatchObject({
      code: "driver_name_reserved",
      message: "no driver can connect as connect: the name is reserved",
    });
  });

  it("driver_not_listening: what the driver does listen to", async () => {
    await connect(world, { resources: ["other"] });
    await putPipeline([{}]);
    const id = await createApp(world, "a", "release");
    expect(await whyOf(id)).toMatchObject({
      code: "driver_not_listening",
      message: "driver builder does not listen to create of app",
      hint: expect.stringContaining("create, update of other"),
    });
  });

  it("driver_not_listening: that no instance takes it, though the driver's newest one did", async () => {
    await connect(world, { instance: "host-1", events: ["update"] });
    const newest = await connect(world, { instance: "host-2" });
    await newest.session.closed(true);
    expect(await whyOf(await createApp(world, "a"))).toMatchObject({
      code: "driver_not_listening",
      message: "no connected instance of driver builder listens to create of app",
    });
  });

  it("driver_offline: since when nobody has been there", async () => {
    const instance = await connect(world);
    await instance.session.closed(true);
    await world.clock.advance(5_000);
    const since = world.clock.now();
    const id = await createApp(world, "a");
    expect(await whyOf(id)).toMatchObject({
      code: "driver_offline",
      message: expect.stringMatching(/^no instance of driver builder is connected; last seen \d/),
      hint: "start an instance of builder",
      since,
    });
  });

  it("driver_draining: that another instance is needed", async () => {
    const instance = await connect(world);
    await instance.session.draining();
    const id = await createApp(world, "a");
    expect(await whyOf(id)).toMatchObject({
      code: "driver_draining",
      message: "every instance of driver builder is draining",
      hint: "start another instance",
    });
  });

  it("instances_busy: how many slots there are", async () => {
    await connect(world, { concurrency: 1 });
    await createApp(world, "a");
    await settled();
    const since = world.clock.now();
    const id = await createApp(world, "b");
    await world.clock.advance(1_000);
    expect(await whyOf(id)).toEqual({
      code: "instances_busy",
      message: "the only instance of driver builder is busy (1 of 1 slots)",
      hint: "start another instance, or raise its concurrency",
      since,
    });
  });

  it("at its steps too: the first of a pipeline waits for the earlier runs", async () => {
    await connect(world);
    await putPipeline([{}, {}]);
    await createApp(world, "a", "release");
    const content = { kind: "app", name: "a", pipeline: "release", metadata: {}, spec: { n: 2 } };
    const id = (await world.engine.updateResource(me, content, null)).run?.id ?? "";
    expect(await stepWhyOf(id, "step-0")).toEqual(await whyOf(id));
    expect(await stepWhyOf(id, "step-1")).toMatchObject({ code: "waiting_for_step" });
  });

  it("waiting_for_runs: the earlier runs of its resource, and where to look", async () => {
    await connect(world);
    const first = await createApp(world, "a");
    const second = await updateApp(world, "a", { n: 2 });
    const since = world.clock.now();
    const third = await updateApp(world, "a", { n: 3 });
    expect(await whyOf(third)).toEqual({
      code: "waiting_for_runs",
      message: `waiting for 2 earlier runs of a: ${first}, ${second}`,
      hint: `conveyor explain ${first} says what the first one waits for`,
      since,
    });
  });

  it("stuck_handler and waiting_for_handler: when a handler that was told to stop is given up", async () => {
    await connect(world);
    const first = await createApp(world, "a");
    const second = await updateApp(world, "a", { n: 2 });
    await world.clock.advance(1_000);
    const told = world.clock.now();
    await world.engine.cancelRun(me, first);
    await world.clock.advance(1_000);
    expect(await whyOf(first)).toEqual({
      code: "waiting_for_handler",
      message: "told to stop (user); waiting for its handler",
      hint: "it is given up 10 s after it was told",
      since: told,
    });
    expect(await whyOf(second)).toMatchObject({
      code: "stuck_handler",
      message: `waiting for a handler of run ${first} to stop`,
      hint: expect.stringContaining("given up 10 s after"),
      since: told,
    });
  });

  it("waiting_for_step: the steps that have to end before", async () => {
    await connect(world);
    await putPipeline([{ id: "build" }, { id: "test", driver: "tester" }]);
    const id = await createApp(world, "a", "release");
    await settled();
    expect((await world.engine.getRun(id)).why).toEqual([]);
    expect(await stepWhyOf(id, "test")).toMatchObject({
      code: "waiting_for_step",
      message: "waiting for step build",
      hint: "it begins when build has succeeded",
    });
  });

  it("waiting_for_step: the one that has the same driver", async () => {
    await connect(world);
    const needs: readonly string[] = [];
    await putPipeline([
      { id: "one", needs },
      { id: "two", needs },
    ]);
    const id = await createApp(world, "a", "release");
    await settled();
    const { stepWhy } = await world.engine.getRun(id);
    const [said] = Object.values(stepWhy).flat();
    expect(said).toMatchObject({
      code: "waiting_for_step",
      message: expect.stringMatching(/^waiting for step (one|two), which has the same driver$/),
      hint: expect.stringContaining("one at a time"),
    });
  });

  it("instance_disconnected: until when its lease is kept", async () => {
    const instance = await connect(world);
    const id = await createApp(world, "a");
    await settled();
    await world.clock.advance(1_000);
    const since = world.clock.now();
    await instance.session.closed(false);
    const until = new Date(since + 10_000).toISOString();
    await world.clock.advance(1_000);
    expect(await whyOf(id)).toMatchObject({
      code: "instance_disconnected",
      message: `instance host-1 is not connected; its lease is kept until ${until}`,
      hint: expect.stringContaining("another one is given the step run"),
      since,
    });
  });

  it("nothing at all when it moves, or has ended", async () => {
    const instance = await connect(world);
    const id = await createApp(world, "a");
    await settled();
    expect((await world.engine.getRun(id)).why).toEqual([]);
    await instance.succeed();
    expect(await world.engine.getRun(id)).toMatchObject({ why: [], stepWhy: {} });
  });
});
