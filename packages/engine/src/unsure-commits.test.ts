import { ConveyorError } from "@conveyor-ci/core";
import { settled } from "@conveyor-ci/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect, createApp, createWorld, lines, me, type World } from "./testing/world.ts";

let world: World;

beforeEach(async () => {
  world = await createWorld();
});

afterEach(async () => {
  await world.engine.stop();
  expect(world.clock.pending).toBe(0);
});

function unavailable(): ConveyorError {
  return new ConveyorError({ code: "storage_unavailable", message: "nobody knows" });
}

/** Has the next batch carried out, and its answer lost. */
function loseNextAnswer({ storage }: World): void {
  const batch = storage.batch.bind(storage);
  storage.batch = async (...args) => {
    storage.batch = batch;
    await batch(...args);
    throw unavailable();
  };
}

/** Answers how to bring the storage back. */
function takeAway({ storage }: World): () => void {
  const batch = storage.batch.bind(storage);
  storage.batch = () => Promise.reject(unavailable());
  return () => {
    storage.batch = batch;
  };
}

describe("after a commit whose answer was lost", () => {
  it("an instance gets what was granted to it, as the same attempt", async () => {
    const before = await connect(world);
    loseNextAnswer(world);
    await expect(createApp(world, "a")).rejects.toMatchObject({ code: "storage_unavailable" });
    await settled();
    expect(before.closings).toEqual(["unsure"]);
    const after = await connect(world);
    expect(after.assigned).toMatchObject([{ attempt: 1 }]);
    await after.succeed();
    const [run] = await world.engine.listRuns({
      resource: null,
      name: null,
      pipeline: null,
      driver: null,
      state: null,
      before: null,
      limit: 1,
    });
    expect(after.runs).toEqual([run?.id]);
    expect(run?.state).toBe("succeeded");
  });

  it("an instance is told of a cancel that was carried out", async () => {
    const before = await connect(world);
    const run = await createApp(world, "a");
    await settled();
    const { token, step } = before.last;
    loseNextAnswer(world);
    await expect(world.engine.cancelRun(me, run)).rejects.toMatchObject({
      code: "storage_unavailable",
    });
    const after = await connect(world, { leases: [{ token, run, step }] });
    expect(after.session.leases).toMatchObject([{ token, state: "cancelling", reason: "user" }]);
  });

  it("a reader gets the lines that were stored, also when later ones were told first", async () => {
    const before = await connect(world);
    const run = await createApp(world, "a");
    await settled();
    const { token, step } = before.last;
    const follow = { run, driver: null, after: 0 };
    const events = await world.engine.followLogs(follow, new AbortController().signal);
    const seqs: number[] = [];
    const read = (async () => {
      for await (const event of events) {
        if (event.kind === "lines")
          seqs.push(...event.chunk.lines.map((_, i) => event.chunk.first + i));
      }
    })();
    await settled();
    loseNextAnswer(world);
    const append = before.session.append(token, { first: 0, lines: lines("one", "two") });
    await expect(append).rejects.toMatchObject({ code: "storage_unavailable" });
    await settled();
    const after = await connect(world, { leases: [{ token, run, step }] });
    await after.session.append(token, { first: 2, lines: lines("three") });
    await after.succeed(before.last, 3);
    await read;
    expect(seqs).toEqual([1, 2, 3]);
  });
});

describe("after the storage was away for longer than a lease lasts", () => {
  it("an instance has the time to come back to its work, as after a start", async () => {
    const before = await connect(world);
    const run = await createApp(world, "a");
    await settled();
    const { token, step } = before.last;
    const comeBack = takeAway(world);
    await world.clock.advance(30_000);
    expect(before.closings[0]).toBe("unsure");
    comeBack();
    await world.clock.advance(1_000);
    const other = await connect(world, { instance: "host-2" });
    await world.clock.advance(2_000);
    const after = await connect(world, { leases: [{ token, run, step }] });
    expect(other.assigned).toEqual([]);
    expect(after.session.leases).toMatchObject([{ token, state: "held" }]);
    await after.succeed(before.last);
    expect((await world.engine.getRun(run)).run.state).toBe("succeeded");
  });
});
