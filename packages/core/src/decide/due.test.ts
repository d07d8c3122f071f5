import { describe, expect, it } from "vitest";
import { World } from "../testing/world.ts";

const SESSION = "builder/one";

/** So many runs, each leased to an instance of its own whose grace ends at the same time. */
function abandoned(count: number): World {
  const world = new World();
  for (let index = 0; index < count; index += 1) {
    world.connect({ driver: `driver-${index}` });
    world.create(`app-${index}`);
  }
  for (const { id } of world.records.all("session")) world.disconnect(id);
  return world;
}

describe("a tick", () => {
  it("says that more is due when it reached its limit, and only then", () => {
    const world = abandoned(3);
    world.records.now += 10_000;
    expect(world.must({ kind: "tick", limit: 2 })).toEqual({ more: true });
    expect(world.must({ kind: "tick", limit: 2 })).toEqual({ more: false });
    expect(world.records.all("session")).toEqual([]);
  });

  it("says so of timers as well", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    for (const name of ["app-1", "app-2"]) world.create(name);
    world.claim();
    for (const { id } of world.records.all("run")) world.cancel(id);
    const sessions = world.records.all("session").map(({ id, epoch }) => ({ id, epoch }));
    world.records.now += 10_000;
    world.must({ kind: "renew", sessions });
    expect(world.must({ kind: "tick", limit: 1 })).toEqual({ more: true });
    expect(world.effects("revoked")).toHaveLength(1);
  });

  it("leaves a session alone that was renewed in the same batch", () => {
    const world = abandoned(1);
    const sessions = world.records.all("session").map(({ id, epoch }) => ({ id, epoch }));
    world.records.now += 10_000;
    world.batch({ kind: "renew", sessions }, { kind: "tick", limit: 50 });
    expect(world.records.all("session")).toMatchObject([{ connected: true }]);
  });

  it("lets go what ended in the same batch in which its time was over", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build", driver: "builder", timeout: "5s" }]);
    world.connect({ driver: "builder" });
    const run = world.create("app-1", "p");
    world.claim();
    world.records.now += 5_000;
    world.batch(world.resultCommand(world.lease(run, "build")), { kind: "tick", limit: 50 });
    expect(world.run(run).state).toBe("succeeded");
  });

  it("has nothing to end of a session that said goodbye in the same batch", () => {
    const world = abandoned(1);
    const [session] = world.records.all("session");
    const { id = "", epoch = 0 } = session ?? {};
    world.records.now += 10_000;
    const goodbye = { kind: "disconnect", session: id, epoch, goodbye: true } as const;
    world.batch(goodbye, { kind: "tick", limit: 50 });
    expect(world.effects("expired")).toEqual([]);
  });

  it("ends a session first whose time is over with that of its handler", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build", driver: "builder", timeout: "10s" }]);
    world.connect({ driver: "builder" });
    const run = world.create("app-1", "p");
    world.claim();
    world.disconnect(SESSION);
    world.tick(10_000);
    expect(world.effects("cancel")).toEqual([]);
    expect(world.step(run, "build")).toMatchObject({ state: "queued", former: null });
    expect(world.step(run, "build").attempts).toMatchObject([{ outcome: "lost" }]);
  });

  it("does not give up a handler whose timeout passes after it was told to stop", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build", driver: "builder", timeout: "5s" }]);
    world.connect({ driver: "builder" });
    const run = world.create("app-1", "p");
    world.claim();
    world.records.now += 4_000;
    world.cancel(run);
    world.tick(9_999);
    expect(world.states(run)).toEqual(["cancelling"]);
    world.tick(1);
    expect(world.step(run, "build")).toMatchObject({ state: "cancelled", code: "handler_stuck" });
  });

  it("does not call a handler stuck whose session ends in the same moment", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const run = world.create("app-1");
    world.claim();
    world.cancel(run);
    world.disconnect(SESSION);
    world.tick(10_000);
    expect(world.step(run, "builder")).toMatchObject({
      ...{ state: "cancelled", code: null, message: "the instance was lost" },
      attempts: [{ outcome: "lost", stuck: false }],
    });
  });

  it("does only what was due when it was asked for, however late it is decided", () => {
    const world = abandoned(1);
    world.connect({ driver: "builder" });
    const run = world.create("app-1");
    world.claim();
    world.cancel(run);
    const until = world.records.now + 9_999;
    world.records.now += 60_000;
    world.must({ kind: "tick", limit: 50, until });
    expect(world.records.all("session")).toHaveLength(2);
    expect(world.step(run, "builder")).toMatchObject({ state: "cancelling" });
    world.must({ kind: "tick", limit: 50, until: until + 1 });
    expect(world.records.all("session").map(({ id }) => id)).toEqual([SESSION]);
    expect(world.step(run, "builder")).toMatchObject({ code: "handler_stuck" });
  });

  it("tells an instance whose handler is stuck that its lease is lost", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const run = world.create("app-1");
    world.claim();
    const { token } = world.lease(run, "builder");
    world.cancel(run);
    world.tick(10_000);
    expect(world.effects("revoked")).toEqual([{ kind: "revoked", session: SESSION, token }]);
    expect(world.step(run, "builder")).toMatchObject({
      code: "handler_stuck",
      message: "the handler went on for 10 s after it was told to stop",
    });
  });
});

describe("forgetting a driver", () => {
  it("leaves what is queued for others", () => {
    const world = new World();
    for (const driver of ["builder", "tester"]) {
      world.connect({ driver });
      world.disconnect(`${driver}/one`, true);
    }
    const run = world.create("app-1");
    world.must({ kind: "forgetDriver", name: "builder" });
    expect(world.states(run)).toEqual(["skipped", "queued"]);
  });

  it("counts on a session that said goodbye in the same batch no more", () => {
    const world = new World();
    const { session } = world.connect({ driver: "builder" });
    const { id, epoch } = session;
    const goodbye = { kind: "disconnect", session: id, epoch, goodbye: true } as const;
    const outcomes = world.batch(goodbye, { kind: "forgetDriver", name: "builder" });
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true]);
    expect(world.records.all("driver")).toEqual([]);
  });

  it("skips nothing that the same batch has cancelled", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const run = world.create("app-1");
    world.disconnect(SESSION, true);
    const forget = { kind: "forgetDriver", name: "builder" } as const;
    world.batch({ kind: "cancelRun", run, reason: "user" }, forget);
    expect(world.step(run, "builder")).toMatchObject({ state: "cancelled", code: null });
  });

  it("skips what it had, what was queued behind that, and says so", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const runs = [world.create("app-1"), world.update("app-1")];
    world.claim();
    world.disconnect(SESSION);
    expect(world.must({ kind: "forgetDriver", name: "builder" })).toEqual({ more: false });
    for (const run of runs) {
      expect(world.step(run, "builder")).toMatchObject({
        ...{ state: "skipped", code: "driver_forgotten" },
        message: "driver builder was forgotten",
      });
    }
    expect(world.records.all("session")).toEqual([]);
    expect(world.records.all("listeners")).toEqual([{ kind: "app", drivers: {} }]);
  });

  it("lets others go on with what its end has queued for them", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build", driver: "builder" }]);
    world.pipeline("q", [{ id: "test", driver: "tester" }]);
    for (const driver of ["builder", "tester"]) world.connect({ driver, events: ["delete"] });
    world.create("app-1", "p");
    const next = world.update("app-1", "q");
    world.disconnect(SESSION, true);
    world.must({ kind: "forgetDriver", name: "builder" });
    expect(world.states(next)).toEqual(["queued"]);
  });

  it("says what to do while instances are connected", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const refusal = world.refusal({ kind: "forgetDriver", name: "builder" });
    expect(refusal).toMatchObject({ code: "driver_connected", hint: "stop its instances first" });
  });
});

describe("running again while the resource is being deleted", () => {
  it("is refused for any run but the deletion, also when that has failed", () => {
    const world = new World();
    world.connect({ driver: "builder", events: ["create", "delete"] });
    const run = world.create("app-1");
    const deletion = world.remove("app-1") ?? "";
    world.claim();
    for (const id of [run, deletion]) {
      if (world.states(id)[0] === "running") world.finish(id, "builder", false);
    }
    expect(world.run(deletion).state).toBe("failed");
    const refusal = world.refusal({ kind: "rerunRun", runId: "again", run });
    expect(refusal.code).toBe("resource_deleting");
  });
});
