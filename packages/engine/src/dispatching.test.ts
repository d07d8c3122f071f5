import { BrokenEntry, type Claim, keysOf } from "@conveyor-ci/core";
import { settled } from "@conveyor-ci/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  connect,
  createApp,
  createWorld,
  lines,
  me,
  updateApp,
  type World,
} from "./testing/world.ts";

let world: World;

beforeEach(async () => {
  world = await createWorld();
});

afterEach(async () => {
  await world.engine.stop();
  expect(world.errors).toEqual([]);
  expect(world.clock.pending).toBe(0);
});

async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as { code: string }).code;
  }
  throw new Error("it did not fail");
}

describe("an instance that is connected", () => {
  it("gets each run once, with the resource at the run's version", async () => {
    const instance = await connect(world);
    const run = await createApp(world, "a");
    await settled();
    expect(instance.runs).toEqual([run]);
    expect(instance.last.resource.version.spec).toEqual({ name: "a" });
    await instance.succeed();
    expect((await world.engine.getRun(run)).run.state).toBe("succeeded");
  });

  it("never has more leases than its concurrency, and gets the next one when one ends", async () => {
    const instance = await connect(world, { concurrency: 2 });
    const runs = [];
    for (const name of ["a", "b", "c"]) runs.push(await createApp(world, name));
    await settled();
    expect(instance.runs).toEqual(runs.slice(0, 2));
    await instance.succeed();
    expect(instance.runs).toEqual(runs);
  });

  it("gets runs of several kinds in the order of their acceptance", async () => {
    const definition = { name: "box", description: null, version: null, schema: {} };
    await world.engine.createDefinition(me, definition, "create");
    const instance = await connect(world, { resources: ["app", "box"], concurrency: 1 });
    const runs = [await createApp(world, "a"), await createApp(world, "b")];
    const box = { kind: "box", name: "x", pipeline: null, metadata: {}, spec: {} };
    runs.push((await world.engine.createResource(me, box)).run?.id ?? "");
    runs.push(await updateApp(world, "b", { x: 1 }), await createApp(world, "c"));
    await settled();
    for (let turn = 1; turn < runs.length; turn += 1) await instance.succeed();
    expect(instance.runs).toEqual(runs);
  });

  it("shares the work of its driver with the other instances", async () => {
    const one = await connect(world, { concurrency: 2 });
    const two = await connect(world, { instance: "host-2", concurrency: 2 });
    for (const name of ["a", "b", "c", "d"]) await createApp(world, name);
    await settled();
    expect([one.assigned.length, two.assigned.length]).toEqual([2, 2]);
  });

  it("gets the runs of one resource one after the other", async () => {
    const instance = await connect(world);
    const first = await createApp(world, "a");
    const second = await updateApp(world, "a", { x: 1 });
    await settled();
    expect(instance.runs).toEqual([first]);
    await instance.succeed();
    expect(instance.runs).toEqual([first, second]);
  });

  it("gets what was made before its driver had ever connected", async () => {
    const runs = [await createApp(world, "a"), await createApp(world, "b")];
    const instance = await connect(world);
    expect(instance.runs).toEqual(runs);
  });

  it("gets what was queued while its driver was away", async () => {
    const before = await connect(world);
    await before.session.closed(true);
    const run = await createApp(world, "a");
    const after = await connect(world, { bootId: "boot-2" });
    expect(after.runs).toEqual([run]);
  });

  it("is told to stop after it was told what to do, never before", async () => {
    const instance = await connect(world);
    const run = await createApp(world, "a");
    await world.engine.cancelRun(me, run);
    await settled();
    expect(instance.cancelled).toEqual([[instance.last.token, "user"]]);
    await instance.succeed();
    expect((await world.engine.getRun(run)).run.state).toBe("cancelled");
  });
});

describe("an instance that is lost", () => {
  it("keeps its leases for 10 s after its connection closed without a goodbye", async () => {
    const lost = await connect(world);
    const run = await createApp(world, "a");
    await settled();
    await lost.session.closed(false);
    const other = await connect(world, { instance: "host-2" });
    await world.clock.advance(9_000);
    expect(other.runs).toEqual([]);
    await world.clock.advance(2_000);
    expect(other.runs).toEqual([run]);
    expect(other.last.attempt).toBe(2);
  });

  it("gives its leases back at once when it says goodbye", async () => {
    const leaving = await connect(world);
    const run = await createApp(world, "a");
    await settled();
    const other = await connect(world, { instance: "host-2" });
    await leaving.session.closed(true);
    await settled();
    expect(other.runs).toEqual([run]);
  });

  it("gives its leases back at once when it returns with a new boot id", async () => {
    const before = await connect(world);
    const run = await createApp(world, "a");
    await settled();
    await before.session.closed(false);
    const after = await connect(world, { bootId: "boot-2" });
    expect(after.runs).toEqual([run]);
    expect(after.last.attempt).toBe(2);
  });

  it("goes on with what it holds when it returns with the same boot id", async () => {
    const before = await connect(world);
    const run = await createApp(world, "a");
    await settled();
    const { token, step } = before.last;
    await before.session.append(token, { first: 0, lines: lines("one", "two") });
    await before.session.closed(false);
    const after = await connect(world, { leases: [{ token, run, step }] });
    expect(after.session.leases).toEqual([{ token, state: "held", received: 2 }]);
    expect(after.runs).toEqual([]);
    await after.session.append(token, { first: 1, lines: lines("two", "three") });
    await after.succeed(before.last, 3);
    const details = await world.engine.getRun(run);
    expect(details.run.state).toBe("succeeded");
    expect(details.run.steps[0]?.attempts).toHaveLength(1);
  });

  it("has its slot free when its result was recorded and the answer never came", async () => {
    const before = await connect(world, { concurrency: 1 });
    const run = await createApp(world, "a");
    await settled();
    await before.succeed();
    const { token, step } = before.last;
    await before.session.closed(false);
    const after = await connect(world, { concurrency: 1, leases: [{ token, run, step }] });
    expect(after.session.leases).toEqual([{ token, state: "recorded" }]);
    const next = await createApp(world, "b");
    await settled();
    expect(after.runs).toEqual([next]);
  });

  it("is answered again when it repeats a result and the lines before it", async () => {
    const instance = await connect(world);
    const run = await createApp(world, "a");
    await settled();
    const { last, session } = instance;
    await session.append(last.token, { first: 0, lines: lines("one") });
    await instance.succeed(last, 1);
    expect(await session.append(last.token, { first: 0, lines: lines("one") })).toBe(1);
    await instance.succeed(last, 1);
    expect(session.progress([last.token], 0)).toEqual([]);
    await session.closed(false);
    const { token, step } = last;
    const after = await connect(world, { leases: [{ token, run, step }] });
    await after.succeed(last, 1);
  });

  it("is told of a cancel that was committed together with its return", async () => {
    const before = await connect(world);
    const run = await createApp(world, "a");
    await settled();
    const { token, step } = before.last;
    await before.session.closed(false);
    const returning = connect(world, { leases: [{ token, run, step }] });
    for (let turn = 0; turn < 3; turn += 1) await Promise.resolve();
    await world.engine.cancelRun(me, run);
    const after = await returning;
    expect(after.session.leases).toMatchObject([{ token, state: "held" }]);
    expect(after.cancelled).toEqual([[token, "user"]]);
  });

  it("is sent again what it was assigned and never received", async () => {
    const before = await connect(world);
    const run = await createApp(world, "a");
    await settled();
    await before.session.closed(false);
    const after = await connect(world);
    expect(after.runs).toEqual([run]);
    expect(after.last.token).toBe(before.last.token);
    expect(after.last.attempt).toBe(1);
  });

  it("loses its leases after 20 s of silence, and is disconnected", async () => {
    const silent = await connect(world);
    const run = await createApp(world, "a");
    const other = await connect(world, { instance: "host-2" });
    for (let seconds = 0; seconds < 30; seconds += 1) {
      other.session.heard();
      await world.clock.advance(1_000);
    }
    expect(silent.closings).toEqual(["expired"]);
    expect(other.runs).toEqual([run]);
  });

  it("keeps its leases when it is heard of shortly before 20 s of silence are over", async () => {
    await world.clock.advance(2_300);
    const instance = await connect(world);
    await createApp(world, "a");
    await world.clock.advance(19_900);
    instance.session.heard();
    await world.clock.advance(5_000);
    expect(instance.closings).toEqual([]);
    await instance.succeed();
  });

  it("is refused everything once another instance has its lease", async () => {
    const before = await connect(world);
    await createApp(world, "a");
    await settled();
    const { token } = before.last;
    await before.session.closed(false);
    const other = await connect(world, { instance: "host-2" });
    await world.clock.advance(11_000);
    const back = await connect(world, {
      leases: [{ token, run: other.last.run.id, step: other.last.step }],
    });
    expect(back.session.leases).toEqual([{ token, state: "lost" }]);
    const append = back.session.append(token, { first: 0, lines: lines("late") });
    expect(await failure(append)).toBe("lease_lost");
    expect(await failure(back.succeed(before.last))).toBe("lease_lost");
    expect(back.session.progress([token], 0)).toEqual([token]);
  });

  it("is not blamed for the time in which the server itself stood still", async () => {
    const instance = await connect(world);
    const run = await createApp(world, "a");
    await settled();
    instance.session.heard();
    await world.clock.standStill(60_000);
    await world.clock.advance(1_000);
    expect(instance.closings).toEqual([]);
    await instance.succeed();
    expect((await world.engine.getRun(run)).run.steps[0]?.attempts).toHaveLength(1);
  });

  it("is not blamed for it either when the server stood still while a tick had its turn", async () => {
    const instance = await connect(world);
    await createApp(world, "a");
    await settled();
    const batch = world.storage.batch.bind(world.storage);
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    world.storage.batch = async (commands, rules) => {
      if (commands.some(({ kind }) => kind === "tick")) await gate;
      return batch(commands, rules);
    };
    await world.clock.advance(500);
    await world.clock.standStill(60_000);
    open();
    await settled();
    await world.clock.advance(1_000);
    expect(instance.closings).toEqual([]);
    await instance.succeed();
  });
});

describe("an instance name", () => {
  it("belongs to the process that has it as long as that process answers", async () => {
    await connect(world);
    expect(await failure(connect(world, { bootId: "boot-2" }))).toBe("instance_in_use");
  });

  it("is free when the process that had it no longer answers", async () => {
    const before = await connect(world);
    const run = await createApp(world, "a");
    await settled();
    before.answersPings = false;
    const after = await connect(world, { bootId: "boot-2" });
    expect(before.closings).toEqual(["replaced"]);
    expect(after.runs).toEqual([run]);
  });
});

describe("a handler that was told to stop", () => {
  it("is given up after 10 s: the run ends and the slot is free again", async () => {
    const instance = await connect(world, { concurrency: 1 });
    const run = await createApp(world, "a");
    const next = await createApp(world, "b");
    await settled();
    await world.engine.cancelRun(me, run);
    for (let seconds = 0; seconds < 12; seconds += 1) {
      instance.session.heard();
      await world.clock.advance(1_000);
    }
    const details = await world.engine.getRun(run);
    expect(details.run.state).toBe("cancelled");
    expect(details.run.steps[0]?.attempts[0]?.stuck).toBe(true);
    expect(instance.lostLeases).toEqual([instance.assigned[0]?.token]);
    expect(instance.runs).toEqual([run, next]);
  });
});

describe("an entry of the queue that cannot be leased because of a bug (D6)", () => {
  it("is told, and stands still alone: what it met is committed, what is behind it is leased", async () => {
    const instance = await connect(world);
    await instance.session.closed(false);
    const broken = await createApp(world, "a");
    const { position } = (await world.engine.getRun(broken)).run;
    const at = { driver: "builder", kind: "app", event: "create", run: broken } as const;
    const { text } = keysOf("default").queue({ ...at, position, step: "builder" });
    const batch = world.storage.batch.bind(world.storage);
    world.storage.batch = (commands, rules) => {
      const claim = commands.find(({ kind }) => kind === "claim") as Claim | undefined;
      return claim === undefined || claim.except?.includes(text) === true
        ? batch(commands, rules)
        : Promise.reject(new BrokenEntry(text, new Error("a rule does not hold")));
    };
    const back = await connect(world);
    const run = await createApp(world, "b");
    await settled();
    expect(back.runs).toEqual([run]);
    await back.succeed();
    expect((await world.engine.getRun(run)).run.state).toBe("succeeded");
    expect((await world.engine.getRun(broken)).run.state).toBe("pending");
    expect(world.errors.splice(0)).toMatchObject([{ entry: text }]);
  });

  it("does not fail the commands of a batch whose claim fails as a whole", async () => {
    await connect(world);
    const batch = world.storage.batch.bind(world.storage);
    world.storage.batch = (commands, rules) =>
      commands.some(({ kind }) => kind === "claim")
        ? Promise.reject(new Error("a rule does not hold"))
        : batch(commands, rules);
    const run = await createApp(world, "a");
    expect((await world.engine.getRun(run)).run.state).toBe("pending");
    await settled();
    expect(world.errors.splice(0).length).toBeGreaterThan(0);
    world.storage.batch = batch;
    await world.clock.advance(500);
    expect((await world.engine.getRun(run)).run.state).toBe("running");
  });
});

describe("a lease that is taken back while its assignment is put together", () => {
  it("is never sent, nor called lost", async () => {
    const first = await connect(world);
    await first.session.closed(false);
    const run = await createApp(world, "a");
    const load = world.storage.load.bind(world.storage);
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    world.storage.load = async (keys) => {
      if (keys.some(({ table }) => table === "version")) await gate;
      return load(keys);
    };
    const instance = await connect(world);
    expect((await world.engine.getRun(run)).run.state).toBe("running");
    await world.engine.cancelRun(me, run);
    await world.clock.advance(10_500);
    expect((await world.engine.getRun(run)).run.steps[0]).toMatchObject({ code: "handler_stuck" });
    open();
    await settled();
    expect(instance.assigned).toEqual([]);
    expect(instance.lostLeases).toEqual([]);
    expect(instance.cancelled).toEqual([]);
  });
});
