import { describe, expect, it } from "vitest";
import { World } from "../testing/world.ts";

const SESSION = "builder/one";

function granted(world: World): readonly string[] {
  return world.effects("granted").map(({ grant }) => grant.run.id);
}

describe("claiming (P3)", () => {
  it("never gives an instance more leases than it has slots, and spreads them", () => {
    const world = new World();
    world.connect({ driver: "builder", concurrency: 2 });
    world.connect({ driver: "builder", instance: "two", concurrency: 3 });
    for (let n = 1; n <= 8; n += 1) world.create(`app-${n}`);
    expect(world.claim()).toBe(5);
    const held = world.records.all("session").map(({ leases }) => Object.keys(leases).length);
    expect([...held].sort()).toEqual([2, 3]);
    expect(world.claim()).toBe(0);
  });

  it("leases what the same batch made, in the order of acceptance", () => {
    const world = new World();
    world.connect({ driver: "builder", concurrency: 2 });
    const created = ["app-1", "app-2", "app-3"].map((name) => world.createCommand(name));
    world.batch(...created, { ...world.claimCommand(), topics: [] });
    const granted = world.effects("granted").map(({ grant }) => grant.run.id);
    expect(granted).toEqual(created.slice(0, 2).map(({ runId }) => runId));
  });

  it("gives nothing to an instance that drains, is gone, or did not name the event", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    world.connect({ driver: "builder", instance: "two", events: ["delete"] });
    world.connect({ driver: "builder" });
    const { id, epoch } = world.records.get(world.keys.session(SESSION))!;
    world.create("app-1");
    world.must({ kind: "drain", session: id, epoch });
    expect(world.claim()).toBe(0);
    world.connect({ driver: "builder" });
    world.disconnect(SESSION);
    expect(world.claim()).toBe(0);
    world.connect({ driver: "builder" });
    expect(world.claim()).toBe(1);
  });

  it("gives tokens that grow with every grant in the whole system", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const [run, other] = [world.create("app-1"), world.create("app-2")];
    world.claim();
    expect(world.lease(other, "builder").token).toBeGreaterThan(world.lease(run, "builder").token);
  });
});

describe("what is claimed", () => {
  it("goes to the instance with the most free slots, of equals to the first that was named", () => {
    for (const [one, two, to] of [
      [3, 1, "builder/one"],
      [1, 3, "builder/two"],
      [2, 2, "builder/one"],
    ] as const) {
      const world = new World();
      world.connect({ driver: "builder", concurrency: one });
      world.connect({ driver: "builder", instance: "two", concurrency: two });
      world.create("app-1");
      world.claim();
      expect(world.effects("granted").map(({ grant }) => grant.session)).toEqual([to]);
    }
  });

  it("goes in the order of acceptance, also where kinds, events and times of queueing differ", () => {
    const world = new World();
    world.connect({ driver: "builder", concurrency: 1 });
    const first = world.create("app-1");
    world.claim();
    const second = world.create("app-2");
    world.finish(first, "builder");
    const third = world.update("app-1");
    const fourth = world.create("app-3");
    const order: string[] = [];
    while (world.claim() > 0) {
      order.push(...granted(world));
      for (const run of granted(world)) world.finish(run, "builder");
    }
    expect(order).toEqual([second, third, fourth]);
  });

  it("goes over all topics in one order when several slots are free", () => {
    const world = new World();
    world.connect({ driver: "builder", concurrency: 3 });
    const made = ["app-1", "app-2"].map((name) => world.create(name));
    world.claim();
    for (const run of made) world.finish(run, "builder");
    const waiting = [world.update("app-1"), world.create("app-3"), world.update("app-2")];
    waiting.push(world.create("app-4"));
    world.claim();
    expect(granted(world)).toEqual(waiting.slice(0, 3));
  });

  it("goes before what was queued earlier when it is given back, if it was accepted earlier", () => {
    const world = new World();
    world.connect({ driver: "builder", concurrency: 1 });
    const first = world.create("app-1");
    world.claim();
    world.create("app-2");
    world.disconnect(SESSION);
    world.connect({ driver: "builder", instance: "two", concurrency: 1 });
    world.records.now += 10_000;
    world.batch({ kind: "tick", limit: 50 }, world.claimCommand());
    expect(granted(world)).toEqual([first]);
  });

  it("is not what the same batch has cancelled", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const [run, other] = [world.create("app-1"), world.create("app-2")];
    world.batch({ kind: "cancelRun", run, reason: "user" }, world.claimCommand());
    expect(granted(world)).toEqual([other]);
  });

  it("goes to no session that is gone, that has another connection since, or of another driver", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    world.connect({ driver: "tester", events: ["delete"] });
    world.create("app-1");
    const command = world.claimCommand();
    const builder = world.records.get(world.keys.session(SESSION));
    const stale = { id: SESSION, epoch: (builder?.epoch ?? 0) - 1 };
    const others = command.sessions.filter(({ id }) => id !== SESSION);
    const sessions = [{ id: "builder/none", epoch: 1 }, stale, ...others];
    expect(world.must({ ...command, sessions })).toEqual({ granted: 0, drained: [] });
    expect(world.claim()).toBe(1);
  });

  it("goes to an instance of its driver, whatever else other drivers listen to", () => {
    const world = new World();
    world.connect({ driver: "tester" });
    world.connect({ driver: "builder", concurrency: 1 });
    world.pipeline("p", [{ id: "build", driver: "builder" }]);
    world.create("app-1", "p");
    world.claim();
    expect(world.effects("granted").map(({ grant }) => grant.session)).toEqual([SESSION]);
  });
});

describe("a claim says which topics it has emptied", () => {
  const topic = { driver: "builder", kind: "app", event: "create" };

  it("when all that is stored of them was given out, and there is still room", () => {
    const world = new World();
    world.connect({ driver: "builder", concurrency: 3 });
    for (const name of ["app-1", "app-2"]) world.create(name);
    const command = world.claimCommand();
    const topics = command.topics.slice(0, 1);
    expect(world.must({ ...command, topics })).toEqual({ granted: 2, drained: [topic] });
  });

  it("but not when it looked at as many as its limit", () => {
    const world = new World();
    world.connect({ driver: "builder", concurrency: 3 });
    for (const name of ["app-1", "app-2"]) world.create(name);
    const command = world.claimCommand();
    const topics = command.topics.slice(0, 1);
    const answer = world.must({ ...command, topics, limit: 2 });
    expect(answer).toEqual({ granted: 2, drained: [] });
  });

  it("nor when there is no more room for them, now or before", () => {
    const world = new World();
    world.connect({ driver: "builder", concurrency: 1 });
    world.create("app-1");
    const command = world.claimCommand();
    expect(world.must(command)).toEqual({ granted: 1, drained: [] });
    expect(world.must(command)).toEqual({ granted: 0, drained: [] });
  });
});

describe("a grant", () => {
  it("begins an attempt, counted from 1, of its instance and its token", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const run = world.create("app-1");
    world.claim();
    world.disconnect(SESSION, true);
    world.connect({ driver: "builder" });
    world.claim();
    expect(world.effects("granted")).toMatchObject([{ grant: { attempt: 2, step: "builder" } }]);
    const { token } = world.lease(run, "builder");
    expect(world.step(run, "builder").attempts).toMatchObject([
      { number: 1, outcome: "lost" },
      {
        ...{ number: 2, token, instance: "one", startedAt: world.records.now, finishedAt: null },
        ...{ outcome: null, code: null, message: null, stuck: false },
      },
    ]);
  });

  it("starts the run, which is told once: its later step runs leave its start as it was", () => {
    const world = new World();
    world.pipeline("p", [{ id: "a" }, { id: "b" }]);
    for (const driver of ["a", "b"]) world.connect({ driver });
    const run = world.create("app-1", "p");
    const startedAt = world.records.now;
    world.claim();
    expect(world.effects("runChanged")).toHaveLength(1);
    expect(world.run(run)).toMatchObject({ state: "running", startedAt });
    world.records.now += 1_000;
    world.finish(run, "a");
    world.claim();
    expect(world.effects("runChanged")).toEqual([]);
    expect(world.run(run)).toMatchObject({ state: "running", startedAt });
  });

  it("says how long its step run was queued", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    world.create("app-1");
    world.records.now += 1_500;
    world.claim();
    expect(world.effects("granted")).toMatchObject([{ waitedMs: 1_500 }]);
  });

  it("brings the version along where its batch has it at hand", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    world.batch(world.createCommand("app-1"), { ...world.claimCommand(), topics: [] });
    expect(world.effects("granted")).toMatchObject([{ grant: { version: { version: 1 } } }]);
    world.create("app-2");
    world.claim();
    expect(world.effects("granted")).toMatchObject([{ grant: { version: null } }]);
  });

  it("is the same when what it needs is loaded one by one (V3)", () => {
    const world = new World({ loading: "one by one" });
    world.connect({ driver: "builder" });
    const runs = [1, 2, 3, 4, 5, 6, 7].map((n) => world.create(`app-${n}`));
    expect(world.claim()).toBe(7);
    expect(granted(world)).toEqual(runs);
  });
});

describe("a claim that meets a bug", () => {
  it("names the entry that cannot be leased, and leases the others when it is to pass it over", () => {
    const world = new World({ checked: false });
    world.connect({ driver: "builder" });
    const [first = "", second = ""] = ["app-1", "app-2"].map((name) => world.create(name));
    world.records.lose(world.keys.run(first));
    const [entry] = world.records.all("queue");
    const { text } = world.keys.queue(present(entry));
    expect(() => world.claim()).toThrow(
      expect.objectContaining({ entry: text, cause: expect.any(Error) }),
    );
    expect(world.must({ ...world.claimCommand(), except: [text] }).granted).toBe(1);
    expect(world.states(second)).toEqual(["running"]);
  });
});

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("it is there");
  return value;
}
