import { describe, expect, it } from "vitest";
import { KIND, World } from "../testing/world.ts";
import { ADOPT_LIMIT } from "./orphans.ts";

const SESSION = "builder/one";

/** A run of app-1 that instance one of builder works on. */
function working(): { world: World; run: string } {
  const world = new World();
  world.connect({ driver: "builder" });
  const run = world.create("app-1");
  world.claim();
  return { world, run };
}

function sessionOf(world: World) {
  const session = world.records.get(world.keys.session(SESSION));
  if (session === undefined) throw new Error(`there is no session ${SESSION}`);
  return session;
}

/** So many runs of a kind of its own to which nobody listens. */
function lonelyJobs(world: World, count: number): void {
  const content = { name: "job", description: null, version: null, schema: true };
  world.must({ kind: "createDefinition", id: "def-2", mode: "create", content });
  for (let n = 0; n < count; n += 1) {
    const command = world.createCommand(`job-${n}`);
    world.must({ ...command, content: { ...command.content, kind: "job" } });
  }
}

describe("a driver", () => {
  it("is known since its first hello, and was last seen when its connection closed", () => {
    const world = new World();
    const firstSeenAt = world.records.now;
    world.connect({ driver: "builder" });
    world.records.now += 1_000;
    world.disconnect(SESSION);
    const lastSeenAt = world.records.now;
    expect(world.records.all("driver")).toMatchObject([{ firstSeenAt, lastSeenAt }]);
    world.records.now += 1_000;
    world.connect({ driver: "builder" });
    expect(world.records.all("driver")).toMatchObject([{ firstSeenAt }]);
    expect(world.records.all("driver")[0]?.lastSeenAt).toBe(world.records.now);
  });

  it("that says what it said before is written as a listener once", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    expect(world.writes()).toContain("listeners");
    world.connect({ driver: "builder" });
    expect(world.writes()).not.toContain("listeners");
  });
});

describe("a hello", () => {
  it("gives the instance a session only when all orphans of its topics are its own", () => {
    const world = new World();
    lonelyJobs(world, ADOPT_LIMIT);
    const hello = world.helloCommand({ driver: "builder", kinds: ["job"] });
    expect(world.must(hello)).toMatchObject({ more: true, leases: [], redeliver: [] });
    expect(world.records.all("session")).toEqual([]);
    expect(world.must(hello)).toMatchObject({ more: false, session: { connected: true } });
  });

  it("of a new boot gives the old leases back at once, also where orphans remain", () => {
    const { world, run } = working();
    lonelyJobs(world, ADOPT_LIMIT);
    world.disconnect(SESSION);
    const hello = { driver: "builder", bootId: "boot-2", kinds: [KIND, "job"] };
    expect(world.must(world.helloCommand(hello)).more).toBe(true);
    expect(sessionOf(world)).toMatchObject({ bootId: "boot-1", leases: [] });
    expect(world.states(run)).toEqual(["queued"]);
  });

  it("says how to get out of a clash of instance names", () => {
    const { world } = working();
    const refusal = world.refusal(world.helloCommand({ driver: "builder", bootId: "boot-2" }));
    expect(refusal.hint).toBe("give each process an instance name of its own");
  });

  it("is told that a lease of a run or a step run that there is not was lost", () => {
    const { world, run } = working();
    const lease = world.lease(run, "builder");
    const named = [
      { ...lease, run: "none" },
      { ...lease, step: "none" },
    ];
    const { leases } = world.connect({ driver: "builder", leases: named });
    expect(leases).toEqual(Array(2).fill({ token: lease.token, state: "lost" }));
  });

  it("that takes an expired lease back answers a session that holds it", () => {
    const { world, run } = working();
    const lease = world.lease(run, "builder");
    world.tick(60_000);
    const { session, leases } = world.connect({ driver: "builder", leases: [lease] });
    expect(leases).toEqual([{ token: lease.token, state: "held", received: 0 }]);
    expect(session.leases).toEqual([lease]);
  });

  it("gets a later attempt again as that attempt", () => {
    const { world, run } = working();
    for (let attempt = 2; attempt <= 3; attempt += 1) {
      world.disconnect(SESSION, true);
      world.connect({ driver: "builder" });
      world.claim();
    }
    const { token } = world.lease(run, "builder");
    const { redeliver } = world.connect({ driver: "builder" });
    expect(redeliver).toMatchObject([{ token, attempt: 3, step: "builder", session: SESSION }]);
  });

  it("that does not name what timed out ends it as timed out, and says why", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build", driver: "builder", timeout: "5s" }]);
    world.connect({ driver: "builder" });
    const run = world.create("app-1", "p");
    world.claim();
    world.tick(5_000);
    expect(world.states(run)).toEqual(["cancelling"]);
    world.connect({ driver: "builder" });
    expect(world.step(run, "build")).toMatchObject({
      state: "timed_out",
      code: "step_timeout",
      message: "the instance does not have it",
      attempts: [{ outcome: "lost" }],
    });
  });

  it("gives a handler its whole grace that was told to stop in the moment its connection closed", () => {
    const { world, run } = working();
    const lease = world.lease(run, "builder");
    world.disconnect(SESSION);
    world.cancel(run);
    world.records.now += 9_000;
    world.connect({ driver: "builder", leases: [lease] });
    world.tick(9_999);
    expect(world.run(run).state).toBe("cancelling");
    world.tick(1);
    expect(world.run(run).state).toBe("cancelled");
  });
});

describe("a session", () => {
  it("that ran out of time is told of, by the connection it was", () => {
    const { world } = working();
    const { epoch } = sessionOf(world);
    world.tick(20_000);
    expect(world.effects("expired")).toEqual([{ kind: "expired", session: SESSION, epoch }]);
  });

  it("lives on from when its instance was last heard of, however late that is told", () => {
    const { world } = working();
    const { id, epoch } = sessionOf(world);
    world.records.now += 10_000;
    world.must({ kind: "renew", sessions: [{ id, epoch, silentMs: 4_000 }] });
    const lastSeenAt = world.records.now - 4_000;
    expect(sessionOf(world)).toMatchObject({ lastSeenAt, expiresAt: lastSeenAt + 20_000 });
  });

  it("is not renewed by what an older connection of it sends", () => {
    const { world } = working();
    const old = sessionOf(world);
    world.records.now += 10_000;
    world.connect({ driver: "builder" });
    const before = world.records.snapshot();
    const sessions = [{ id: old.id, epoch: old.epoch }];
    expect(world.must({ kind: "renew", sessions })).toEqual({ unknown: [old.id] });
    world.must({ kind: "drain", session: old.id, epoch: old.epoch });
    world.must({ kind: "disconnect", session: old.id, epoch: old.epoch, goodbye: false });
    expect(world.records.snapshot()).toEqual(before);
  });

  it("that there is not cannot be drained or disconnected, which is no error", () => {
    const world = new World();
    expect(world.must({ kind: "drain", session: SESSION, epoch: 1 })).toBeNull();
    const goodbye = { kind: "disconnect", session: SESSION, epoch: 1, goodbye: true } as const;
    expect(world.must(goodbye)).toBeNull();
    expect(world.writes()).toEqual([]);
  });

  it("that said goodbye in the same batch is none that a starting server waits for", () => {
    const { world } = working();
    const { id, epoch } = sessionOf(world);
    const goodbye = { kind: "disconnect", session: id, epoch, goodbye: true } as const;
    world.batch(goodbye, { kind: "recover" });
    expect(world.records.all("session")).toEqual([]);
  });
});
