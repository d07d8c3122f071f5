import { describe, expect, it } from "vitest";
import { World } from "../testing/world.ts";

const SESSION = "builder/one";

function working(timeout?: string): { world: World; run: string } {
  const world = new World();
  const step = { id: "build", driver: "builder" };
  world.pipeline("p", [timeout === undefined ? step : { ...step, timeout }, { id: "after" }]);
  world.connect({ driver: "builder" });
  const run = world.create("app-1", "p");
  world.claim();
  return { world, run };
}

describe("cancelling a run (P8)", () => {
  it("makes it cancelling at once and tells the instance; it is cancelled when the handler ends", () => {
    const { world, run } = working();
    expect(world.cancel(run).state).toBe("cancelling");
    const { token } = world.lease(run, "build");
    expect(world.effects("cancel")).toEqual([
      { kind: "cancel", session: SESSION, token, reason: "user" },
    ]);
    expect(world.states(run)).toEqual(["cancelling", "cancelled"]);
    world.must(world.linesCommand(world.lease(run, "build"), 0, ["cleaning up"]));
    world.finish(run, "build");
    expect(world.run(run).state).toBe("cancelled");
    expect(world.step(run, "build").state).toBe("cancelled");
  });

  it("ends at once what no instance works on", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const runs = [world.create("app-1"), world.update("app-1"), world.update("app-1")];
    expect(world.cancel(runs[1] ?? "").state).toBe("cancelled");
    expect(world.cancel(runs[0] ?? "").state).toBe("cancelled");
    expect(runs.map((run) => world.states(run)[0])).toEqual(["cancelled", "cancelled", "queued"]);
    expect(world.refusal({ kind: "cancelRun", run: runs[0] ?? "", reason: "user" }).code).toBe(
      "run_finished",
    );
  });

  it("twice is cancelling once", () => {
    const { world, run } = working();
    world.cancel(run);
    world.records.now += 5_000;
    expect(world.cancel(run).state).toBe("cancelling");
    expect(world.effects("cancel")).toEqual([]);
    world.tick(5_000);
    expect(world.run(run).state).toBe("cancelled");
  });

  it("queues nothing more of it, though its driver is free again", () => {
    const world = new World();
    const steps = ["x", "y"].map((id) => ({ id, driver: "builder", needs: [] }));
    world.pipeline("p", steps);
    const run = world.create("app-1", "p");
    expect(world.states(run)).toEqual(["queued", "waiting"]);
    world.cancel(run);
    expect(world.effects("queued")).toEqual([]);
    expect(world.step(run, "y")).toMatchObject({ state: "cancelled", hasData: false });
  });

  it("leaves an attempt that was lost before as it was", () => {
    const { world, run } = working("10s");
    world.disconnect(SESSION, true);
    world.tick(10_000);
    const { attempts } = world.step(run, "build");
    expect(attempts).toMatchObject([{ outcome: "lost", finishedAt: world.records.now }]);
    world.records.now += 1_000;
    world.cancel(run);
    expect(world.step(run, "build").attempts).toEqual(attempts);
  });

  it("reports a handler that goes on for 10 s as stuck, and revokes its lease", () => {
    const { world, run } = working();
    const lease = world.lease(run, "build");
    world.cancel(run);
    world.tick(9_999);
    expect(world.run(run).state).toBe("cancelling");
    world.tick(1);
    expect(world.run(run).state).toBe("cancelled");
    expect(world.step(run, "build")).toMatchObject({
      code: "handler_stuck",
      attempts: [{ stuck: true, outcome: "cancelled" }],
    });
    expect(world.records.all("session")[0]?.leases).toEqual([]);
    expect(world.refusal(world.resultCommand(lease)).code).toBe("lease_lost");
  });

  it("ends with the instance that is lost while it was told to stop", () => {
    const { world, run } = working();
    const lease = world.lease(run, "build");
    world.disconnect(SESSION);
    world.records.now += 5_000;
    world.cancel(run);
    world.tick(5_000);
    expect(world.run(run).state).toBe("cancelled");
    expect(world.step(run, "build").attempts).toMatchObject([{ outcome: "lost", stuck: false }]);
    const { leases } = world.connect({ driver: "builder", leases: [lease] });
    expect(leases).toEqual([{ token: lease.token, state: "lost" }]);
    expect(world.records.all("timer")).toEqual([]);
  });

  it("of a lease that expired tells its holder, should it return, that it was lost", () => {
    const { world, run } = working();
    const lease = world.lease(run, "build");
    world.tick(60_000);
    expect(world.cancel(run).state).toBe("cancelled");
    const { leases } = world.connect({ driver: "builder", leases: [lease] });
    expect(leases).toEqual([{ token: lease.token, state: "lost" }]);
  });
});

describe("a step's timeout", () => {
  it("tells the handler to stop, and the run has timed out when it ended", () => {
    const { world, run } = working("10s");
    world.tick(9_999);
    expect(world.states(run)).toEqual(["running", "waiting"]);
    world.tick(1);
    expect(world.states(run)).toEqual(["cancelling", "waiting"]);
    expect(world.run(run).state).toBe("running");
    world.finish(run, "build");
    expect(world.states(run)).toEqual(["timed_out", "skipped"]);
    expect(world.run(run).state).toBe("timed_out");
    expect(world.step(run, "build")).toMatchObject({ code: "step_timeout" });
  });

  it("is of one attempt: the next one has all of it", () => {
    const { world, run } = working("10s");
    world.records.now += 8_000;
    world.disconnect(SESSION, true);
    world.connect({ driver: "builder" });
    world.claim();
    world.tick(9_999);
    expect(world.states(run)[0]).toBe("running");
    world.tick(1);
    expect(world.states(run)[0]).toBe("cancelling");
  });
});

describe("time in which the instance was away (P10)", () => {
  const recover = { kind: "recover" } as const;

  function renew(world: World): void {
    const sessions = world.records.all("session").map(({ id, epoch }) => ({ id, epoch }));
    world.must({ kind: "renew", sessions });
  }

  it("does not time a handler out that comes back with its result after the server was down", () => {
    const { world, run } = working("10s");
    const lease = world.lease(run, "build");
    world.records.now += 60_000;
    world.must(recover);
    world.tick();
    expect(world.effects("cancel")).toEqual([]);
    expect(world.connect({ driver: "builder", leases: [lease] }).leases).toMatchObject([
      { state: "held" },
    ]);
    world.finish(run, "build");
    expect(world.states(run)).toEqual(["succeeded", "queued"]);
    expect(world.records.all("timer")).toEqual([]);
  });

  it("times a handler out that comes back and goes on", () => {
    const { world, run } = working("10s");
    const lease = world.lease(run, "build");
    world.records.now += 60_000;
    world.must(recover);
    world.tick(5_000);
    world.connect({ driver: "builder", leases: [lease] });
    world.tick(14_999);
    expect(world.states(run)[0]).toBe("running");
    world.tick(1);
    expect(world.states(run)[0]).toBe("cancelling");
    world.finish(run, "build");
    expect(world.states(run)[0]).toBe("timed_out");
    expect(world.records.all("timer")).toEqual([]);
  });

  it("gives the step run to another instance when its own does not come back", () => {
    const { world, run } = working("10s");
    world.records.now += 60_000;
    world.must(recover);
    world.tick();
    world.tick(20_000);
    expect(world.step(run, "build")).toMatchObject({ state: "queued", former: null });
    expect(world.records.all("timer")).toEqual([]);
    world.connect({ driver: "builder", instance: "two" });
    expect(world.claim()).toBe(1);
  });

  it("leaves a handler its grace from when it hears that it is to stop", () => {
    const { world, run } = working();
    const lease = world.lease(run, "build");
    world.disconnect(SESSION);
    world.records.now += 1_000;
    world.cancel(run);
    world.records.now += 8_000;
    expect(world.connect({ driver: "builder", leases: [lease] }).leases).toMatchObject([
      { state: "cancelling", reason: "user" },
    ]);
    world.tick(9_999);
    expect(world.run(run).state).toBe("cancelling");
    world.disconnect(SESSION);
    world.connect({ driver: "builder", leases: [lease] });
    world.tick(1);
    expect(world.step(run, "build")).toMatchObject({ state: "cancelled", code: "handler_stuck" });
    expect(world.records.all("timer")).toEqual([]);
  });

  it("does not call a handler stuck whose server was down when its grace was over", () => {
    const { world, run } = working();
    const lease = world.lease(run, "build");
    world.cancel(run);
    world.records.now += 1_000;
    renew(world);
    world.records.now += 60_000;
    world.must(recover);
    world.tick();
    expect(world.run(run).state).toBe("cancelling");
    world.connect({ driver: "builder", leases: [lease] });
    world.tick(15_000);
    renew(world);
    world.tick(14_999);
    expect(world.run(run).state).toBe("cancelling");
    renew(world);
    world.tick(1);
    expect(world.step(run, "build")).toMatchObject({ state: "cancelled", code: "handler_stuck" });
  });
});

describe("running again (P7)", () => {
  it("makes a new run at the end, of the version and revision that the parent had", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build" }]);
    const parent = world.create("app-1", "p");
    world.pipeline("p", [{ id: "build" }, { id: "test" }]);
    const newer = world.update("app-1", "p");
    const again = world.rerun(parent);
    expect(again).toMatchObject({
      event: "create",
      parent,
      resource: { version: 1 },
      pipeline: { revision: 1 },
    });
    expect(again.steps.map(({ id }) => id)).toEqual(["build"]);
    expect(again.ticket?.waitsFor).toEqual([{ run: newer, step: null }]);
    expect(world.resource("app-1")?.run).toBe(again.id);
  });

  it("is refused when the resource is gone, or being deleted", () => {
    const world = new World();
    world.connect({ driver: "builder", events: ["create", "delete"] });
    const run = world.create("app-1");
    const deletion = world.remove("app-1") ?? "";
    const again = { kind: "rerunRun", runId: "again" } as const;
    expect(world.refusal({ ...again, run }).code).toBe("resource_deleting");
    expect(world.refusal({ ...again, run: deletion }).code).toBe("resource_deleting");
    world.claim();
    world.finish(deletion, "builder");
    expect(world.refusal({ ...again, run }).code).toBe("resource_gone");
  });

  it("of a deletion is refused while it is under way, and when nobody listens to it any more", () => {
    const world = new World();
    world.connect({ driver: "builder", events: ["delete"] });
    world.create("app-1");
    const run = world.remove("app-1") ?? "";
    const again = { kind: "rerunRun", runId: "again", run } as const;
    world.claim();
    expect(world.refusal(again).code).toBe("resource_deleting");
    world.finish(run, "builder", false);
    world.connect({ driver: "builder", events: ["create"] });
    expect(world.refusal(again)).toMatchObject({
      code: "resource_gone",
      message: "nobody listens to delete of app any more",
    });
  });

  it("of a deletion that failed tries it again", () => {
    const world = new World();
    world.connect({ driver: "builder", events: ["delete"] });
    world.create("app-1");
    const deletion = world.remove("app-1") ?? "";
    world.claim();
    world.finish(deletion, "builder", false);
    const again = world.rerun(deletion).id;
    world.claim();
    world.finish(again, "builder");
    expect(world.resource("app-1")).toBeUndefined();
  });
});
