import type { LogChunk } from "@conveyor-ci/core";
import { settled } from "@conveyor-ci/testkit";
import { afterEach, describe, expect, it } from "vitest";
import type { LogEvent } from "./engine.ts";
import type { Notice, Notifier } from "./ports/index.ts";
import { LocalNotifier } from "./runtime/local-notifier.ts";
import {
  connect,
  createApp,
  createWorld,
  type FakeInstance,
  lines,
  me,
  type World,
} from "./testing/world.ts";

let world: World;

afterEach(async () => {
  await world.engine.stop();
});

const deaf: Notifier = { publish: () => {}, subscribe: () => () => {} };

/** Loses one notice about a run: that of its lines or of its states. */
function losing(lost: number): Notifier {
  const notifier = new LocalNotifier();
  let count = 0;
  return {
    subscribe: (channel, listener) => notifier.subscribe(channel, listener),
    publish: (channel, notice) => {
      if (channel.startsWith("run:")) count += 1;
      if (!channel.startsWith("run:") || count !== lost) notifier.publish(channel, notice);
    },
  };
}

interface Held {
  readonly notice: Notice;
  readonly arrive: () => void;
}

/** Keeps notices back until they are told to arrive. */
function holding(held: Held[]): Notifier {
  const listeners = new Set<(notice: Notice) => void>();
  return {
    publish: (channel, notice) => {
      if (channel === "queues") return;
      held.push({ notice, arrive: () => listeners.forEach((listener) => listener(notice)) });
    },
    subscribe: (_, listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A reader that takes events when it is told to. */
class Reader {
  readonly seqs: number[] = [];
  readonly #iterator: AsyncIterator<LogEvent>;
  end: string | null = null;
  isDone = false;

  constructor(events: AsyncIterable<LogEvent>) {
    this.#iterator = events[Symbol.asyncIterator]();
  }

  async take(): Promise<void> {
    const { done, value } = await this.#iterator.next();
    if (done === true) {
      this.isDone = true;
    } else if (value.kind === "end") {
      this.end = value.state;
    } else {
      this.seqs.push(...seqsOf(value.chunk, value.after));
    }
  }

  async takeAll(): Promise<void> {
    while (!this.isDone) await this.take();
  }
}

function seqsOf(chunk: LogChunk, after: number): number[] {
  return chunk.lines.map((_, index) => chunk.first + index).filter((seq) => seq > after);
}

async function running(): Promise<{ run: string; instance: FakeInstance }> {
  const instance = await connect(world);
  const run = await createApp(world, "a");
  await settled();
  return { run, instance };
}

async function log(instance: FakeInstance, first: number, count = 1): Promise<void> {
  const messages = Array.from({ length: count }, (_, index) => `line ${first + index}`);
  await instance.session.append(instance.last.token, { first, lines: lines(...messages) });
}

async function follow(run: string, after = 0): Promise<Reader> {
  const signal = new AbortController().signal;
  return new Reader(await world.engine.followLogs({ run, driver: null, after }, signal));
}

function upTo(count: number, from = 1): number[] {
  return Array.from({ length: count - from + 1 }, (_, index) => index + from);
}

describe("a reader of a run's log", () => {
  it("gets every line once and in order, from disk to live, and then the end", async () => {
    world = await createWorld();
    const { run, instance } = await running();
    await log(instance, 0, 3);
    const reader = await follow(run);
    const all = reader.takeAll();
    await settled();
    await log(instance, 3, 2);
    await log(instance, 5);
    await instance.succeed(instance.last, 6);
    await all;
    expect(reader.seqs).toEqual(upTo(6));
    expect(reader.end).toBe("succeeded");
  });

  it("goes on after its cursor, also within a chunk", async () => {
    world = await createWorld();
    const { run, instance } = await running();
    await log(instance, 0, 5);
    await log(instance, 5, 5);
    await instance.succeed(instance.last, 10);
    const reader = await follow(run, 3);
    await reader.takeAll();
    expect(reader.seqs).toEqual(upTo(10, 4));
  });

  it("loses nothing when it is slower than the driver", async () => {
    world = await createWorld();
    const { run, instance } = await running();
    const reader = await follow(run);
    const first = reader.take();
    await settled();
    for (let index = 0; index < 100; index += 1) await log(instance, index);
    await first;
    await reader.take();
    for (let index = 100; index < 200; index += 1) await log(instance, index);
    await instance.succeed(instance.last, 200);
    await reader.takeAll();
    expect(reader.seqs).toEqual(upTo(200));
    expect(reader.end).toBe("succeeded");
  });

  it("gets everything within seconds even when every notice is lost", async () => {
    world = await createWorld({ notifier: deaf });
    const { run, instance } = await running();
    const reader = await follow(run);
    const all = reader.takeAll();
    await settled();
    await log(instance, 0, 4);
    await instance.succeed(instance.last, 4);
    await world.clock.advance(2_000);
    await all;
    expect(reader.seqs).toEqual(upTo(4));
    expect(reader.end).toBe("succeeded");
  });

  for (const driver of [null, "deployer"]) {
    it(`${driver === null ? "of a run" : "of one driver"} gets everything whichever notice is lost`, async () => {
      for (let lost = 1; lost <= 8; lost += 1) {
        world = await createWorld({ notifier: losing(lost) });
        const one = await connect(world);
        const two = await connect(world, { driver: "deployer" });
        const run = await createApp(world, "a");
        await settled();
        const signal = new AbortController().signal;
        const reader = new Reader(await world.engine.followLogs({ run, driver, after: 0 }, signal));
        const all = reader.takeAll();
        await settled();
        for (let index = 0; index < 3; index += 1) {
          await log(one, index);
          await log(two, index);
          await settled();
        }
        await one.succeed(one.last, 3);
        await two.succeed(two.last, 3);
        await world.clock.advance(2_000);
        await all;
        expect(reader.seqs).toEqual(driver === null ? upTo(6) : [2, 4, 6]);
        if (lost < 8) await world.engine.stop();
      }
    });
  }

  it("loses nothing to notices that are lost between others, or come after the end", async () => {
    const told: Held[] = [];
    world = await createWorld({ notifier: holding(told) });
    const { run, instance } = await running();
    const reader = await follow(run);
    const all = reader.takeAll();
    await settled();
    for (const line of [0, 1, 2]) await log(instance, line);
    await instance.succeed(instance.last, 3);
    const [first, , third, ...end] = told.filter(({ notice }) => notice.kind !== "feed");
    for (const held of [first, third, ...end]) held?.arrive();
    await all;
    expect(reader.seqs).toEqual(upTo(3));
    expect(reader.end).toBe("succeeded");
  });

  it("of one driver gets the lines of that driver only", async () => {
    world = await createWorld();
    const one = await connect(world);
    const two = await connect(world, { driver: "deployer" });
    const run = await createApp(world, "a");
    await settled();
    for (let index = 0; index < 3; index += 1) {
      await log(one, index);
      await log(two, index);
    }
    const signal = new AbortController().signal;
    const filter = { run, driver: "deployer", after: 0 };
    const reader = new Reader(await world.engine.followLogs(filter, signal));
    const all = reader.takeAll();
    await one.succeed(one.last, 3);
    await log(two, 3);
    await two.succeed(two.last, 4);
    await all;
    expect(reader.seqs).toEqual([2, 4, 6, 7]);
  });

  it("stops when it is told to", async () => {
    world = await createWorld();
    const { run } = await running();
    const stop = new AbortController();
    const filter = { run, driver: null, after: 0 };
    const reader = new Reader(await world.engine.followLogs(filter, stop.signal));
    const all = reader.takeAll();
    await settled();
    stop.abort();
    await all;
    expect(reader.end).toBeNull();
  });

  it("is told at once that a run does not exist", async () => {
    world = await createWorld();
    await expect(follow("none")).rejects.toMatchObject({ code: "run_not_found" });
  });
});

/** Follows the feed from its start until something of that name was changed. */
async function positionsUntil(last: string): Promise<readonly number[]> {
  const stop = new AbortController();
  const positions: number[] = [];
  for await (const page of world.engine.followChanges(0, stop.signal)) {
    positions.push(...page.map(({ position }) => position));
    if (page.some(({ name }) => name === last)) stop.abort();
  }
  return positions;
}

describe("a reader of the feed", () => {
  it("gets every change once, in the order of commits, from any position", async () => {
    world = await createWorld();
    await createApp(world, "a");
    const reading = positionsUntil("z");
    await settled();
    await world.engine.broadcast(me, "hello");
    await createApp(world, "z");
    const positions = await reading;
    const last = await world.storage.lastChange();
    expect(positions[0]).toBe(1);
    expect(positions).toEqual(upTo(positions.length));
    expect(last).toBeGreaterThanOrEqual(positions.length);
  });

  it("has no gap where a notice was lost among others", async () => {
    const told: Held[] = [];
    world = await createWorld({ notifier: holding(told) });
    const reading = positionsUntil("z");
    await settled();
    told.length = 0;
    for (const name of ["x", "y", "z"]) await createApp(world, name);
    const [x, , z] = told.filter(({ notice }) => notice.kind === "feed");
    x?.arrive();
    z?.arrive();
    const positions = await reading;
    expect(positions).toEqual(upTo(positions.length));
    expect(positions).toHaveLength(await world.storage.lastChange());
  });
});
