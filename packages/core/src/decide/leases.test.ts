import { describe, expect, it } from "vitest";
import { World } from "../testing/world.ts";

const SESSION = "builder/one";

/** A run of app-1 that instance one of builder works on. */
function working(): { world: World; run: string } {
  const world = new World();
  world.connect({ driver: "builder" });
  const run = world.create("app-1");
  world.claim();
  return { world, run };
}

describe("an instance that is lost (P2)", () => {
  it("keeps its lease for 10 s after its connection closed without a goodbye", () => {
    const { world, run } = working();
    world.disconnect(SESSION);
    world.tick(9_999);
    expect(world.states(run)).toEqual(["running"]);
    world.tick(1);
    expect(world.states(run)).toEqual(["queued"]);
    expect(world.effects("queued")).toHaveLength(1);
  });

  it("keeps its lease for 20 s of silence, and as long as it is renewed", () => {
    const { world, run } = working();
    const { id, epoch } = world.records.all("session")[0]!;
    world.records.now += 15_000;
    expect(world.must({ kind: "renew", sessions: [{ id, epoch }] })).toEqual({ unknown: [] });
    world.tick(19_999);
    expect(world.states(run)).toEqual(["running"]);
    world.tick(1);
    expect(world.states(run)).toEqual(["queued"]);
    expect(world.must({ kind: "renew", sessions: [{ id, epoch }] })).toEqual({ unknown: [id] });
  });

  it("keeps its lease for 20 s from the start of a server, and comes back to it", () => {
    const { world, run } = working();
    world.records.now += 3_600_000;
    world.must({ kind: "recover" });
    world.tick(19_999);
    expect(world.states(run)).toEqual(["running"]);
    const { leases } = world.connect({ driver: "builder", leases: [world.lease(run, "builder")] });
    expect(leases).toMatchObject([{ state: "held" }]);
    world.finish(run, "builder");
    expect(world.run(run).state).toBe("succeeded");
  });

  it("gives its leases back at once when it returns with a new boot id", () => {
    const { world, run } = working();
    world.disconnect(SESSION);
    world.connect({ driver: "builder", bootId: "boot-2" });
    expect(world.claim()).toBe(1);
    expect(world.step(run, "builder").attempts.map(({ outcome }) => outcome)).toEqual([
      "lost",
      null,
    ]);
  });

  it("gives its leases back at once when it says goodbye", () => {
    const { world, run } = working();
    world.disconnect(SESSION, true);
    expect(world.states(run)).toEqual(["queued"]);
    expect(world.records.all("session")).toEqual([]);
  });

  it("may come back and deliver after its lease expired, while nobody replaced it", () => {
    const { world, run } = working();
    const lease = world.lease(run, "builder");
    world.tick(60_000);
    expect(world.must(world.linesCommand(lease, 0, ["late"]))).toEqual({ received: 1 });
    expect(world.must(world.resultCommand(lease))).toEqual({ state: "recorded" });
    expect(world.run(run).state).toBe("succeeded");
    expect(world.records.all("queue")).toEqual([]);
  });

  it("is refused with lease_lost whatever it sends once it was replaced, and told so (P3)", () => {
    const { world, run } = working();
    const lease = world.lease(run, "builder");
    world.must(world.linesCommand(lease, 0, ["one"]));
    world.tick(60_000);
    world.connect({ driver: "builder", instance: "two" });
    world.claim();
    expect(world.effects("revoked")).toEqual([
      { kind: "revoked", session: SESSION, token: lease.token },
    ]);
    world.must(world.linesCommand(world.lease(run, "builder"), 0, ["new"]));
    expect(world.refusal(world.linesCommand(lease, 1, ["two"])).code).toBe("lease_lost");
    expect(world.refusal(world.resultCommand(lease)).code).toBe("lease_lost");
    const { leases, redeliver } = world.connect({ driver: "builder", leases: [lease] });
    expect([leases, redeliver]).toEqual([[{ token: lease.token, state: "lost" }], []]);
  });

  it("fails the step run with instance_lost after 5 deliveries in all", () => {
    const { world, run } = working();
    for (let delivery = 1; delivery < 5; delivery += 1) {
      world.disconnect(SESSION, true);
      expect(world.states(run)).toEqual(["queued"]);
      world.connect({ driver: "builder" });
      expect(world.claim()).toBe(1);
    }
    world.disconnect(SESSION, true);
    expect(world.step(run, "builder")).toMatchObject({ state: "failed", code: "instance_lost" });
    expect(world.step(run, "builder").attempts.map(({ outcome }) => outcome)).toEqual(
      Array(5).fill("lost"),
    );
    expect(world.run(run).state).toBe("failed");
  });

  it("keeps its step run queued when the timeout of the lost attempt passes", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build", driver: "builder", timeout: "30s" }]);
    world.connect({ driver: "builder" });
    const run = world.create("app-1", "p");
    world.claim();
    const lease = world.lease(run, "build");
    world.disconnect(SESSION, true);
    world.tick(30_000);
    expect(world.step(run, "build")).toMatchObject({ state: "queued", former: null });
    expect(world.step(run, "build").attempts).toMatchObject([
      { outcome: "lost", code: "instance_lost", finishedAt: world.records.now },
    ]);
    expect(world.effects("revoked")).toEqual([
      { kind: "revoked", session: SESSION, token: lease.token },
    ]);
    expect(world.refusal(world.resultCommand(lease)).code).toBe("lease_lost");
    world.connect({ driver: "builder" });
    world.claim();
    world.tick(1);
    world.finish(run, "build");
    expect(world.run(run).state).toBe("succeeded");
  });
});

describe("an instance that says hello again", () => {
  it("gets again what never arrived, under the same token", () => {
    const { world, run } = working();
    const { token } = world.lease(run, "builder");
    const { redeliver } = world.connect({ driver: "builder" });
    expect(redeliver.map((grant) => [grant.token, grant.attempt])).toEqual([[token, 1]]);
  });

  it("is told that its result was recorded, or that it is to stop", () => {
    const { world, run } = working();
    const lease = world.lease(run, "builder");
    world.cancel(run);
    const told = world.connect({ driver: "builder", leases: [lease] }).leases;
    expect(told).toMatchObject([{ state: "cancelling", reason: "user" }]);
    world.finish(run, "builder");
    const after = world.connect({ driver: "builder", leases: [lease] }).leases;
    expect(after).toEqual([{ token: lease.token, state: "recorded" }]);
  });

  it("cannot name the lease of another instance as its own (P3)", () => {
    const { world, run } = working();
    const lease = world.lease(run, "builder");
    const { leases } = world.connect({ driver: "builder", instance: "two", leases: [lease] });
    expect(leases).toEqual([{ token: lease.token, state: "lost" }]);
  });

  it("is refused while another process with its name is connected", () => {
    const { world } = working();
    const other = world.helloCommand({ driver: "builder", bootId: "boot-2" });
    expect(world.refusal(other).code).toBe("instance_in_use");
  });

  it("is not disconnected by what its older connection still sends", () => {
    const { world } = working();
    const old = world.records.all("session")[0]!;
    world.tick(60_000);
    const { session } = world.connect({ driver: "builder" });
    expect(session.epoch).toBeGreaterThan(old.epoch);
    world.must({ kind: "disconnect", session: old.id, epoch: old.epoch, goodbye: true });
    expect(world.records.all("session")).toMatchObject([{ connected: true }]);
  });
});

describe("a slot (P3)", () => {
  it("is free again when its lease has ended, and only that one", () => {
    const { world, run } = working();
    const other = world.create("app-2");
    world.claim();
    const { token } = world.lease(run, "builder");
    world.finish(run, "builder");
    expect(world.effects("slotFreed")).toEqual([{ kind: "slotFreed", session: SESSION, token }]);
    expect(world.records.all("session")[0]?.leases).toEqual([world.lease(other, "builder")]);
  });

  it("was free already when the result of a lease comes that has expired", () => {
    const { world, run } = working();
    const lease = world.lease(run, "builder");
    world.tick(60_000);
    world.connect({ driver: "builder" });
    world.must(world.resultCommand(lease));
    expect(world.effects("slotFreed")).toEqual([]);
  });
});

describe("driver names that every object inherits", () => {
  it("are names like any other", () => {
    const world = new World();
    world.connect({ driver: "constructor" });
    const run = world.create("app-1");
    world.claim();
    world.finish(run, "constructor");
    expect(world.run(run).state).toBe("succeeded");
    world.disconnect("constructor/one", true);
    world.must({ kind: "forgetDriver", name: "constructor" });
    expect(world.records.all("listeners")).toEqual([{ kind: "app", drivers: {} }]);
  });
});
