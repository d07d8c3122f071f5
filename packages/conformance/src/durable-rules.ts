/** What a storage that outlives its process still has when it is opened again. */
import { expect, it } from "vitest";
import { leased, read } from "./log-rules.ts";
import { type GetWorld, NS, type OpenedStorage, present, type World } from "./world.ts";

function reopened(world: World): Promise<OpenedStorage> {
  const { reopen } = world.opened;
  if (reopen === undefined) throw new Error("a durable storage can be opened again");
  return reopen();
}

export function durableRules(getWorld: GetWorld): void {
  it("has what it answered when it is opened again", async () => {
    const world = getWorld();
    await world.define("app");
    const { run } = await world.done(world.create("app", "a"));
    const changes = await world.storage.changes({ ns: NS, after: 0, limit: 100 });
    world.opened = await reopened(world);
    expect(await world.load(run?.id ?? "")).toEqual(run);
    expect(await world.storage.changes({ ns: NS, after: 0, limit: 100 })).toEqual(changes);
    expect(await world.storage.lastChange()).toBe(changes.length);
  });

  it("has when the time of a lease is over that was put off, when it is opened again", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.pipeline("p", "app", [{ timeout: "5s" }]));
    await world.done(world.hello("builder", ["app"]));
    for (const name of ["a", "b"]) {
      await world.done(world.create("app", name, { pipeline: "p" }));
    }
    const [running, cancelling] = (await world.grants("builder", "app")).map(({ run }) => run.id);
    await world.done({ kind: "cancelRun", run: present(cancelling), reason: "user" });
    world.timeMs += 60_000;
    await world.done({ kind: "recover" });
    await world.done({ kind: "tick", limit: 10 });
    const leaseOf = async (id: string | undefined) => {
      const step = (await world.load(present(id)))?.steps[0];
      return step?.state === "running" || step?.state === "cancelling" ? step.lease : null;
    };
    const before = [await leaseOf(running), await leaseOf(cancelling)];
    expect(before[0]?.timeoutAt).toBeGreaterThan(world.storage.now());
    expect(before[1]?.stuckAt).toBeGreaterThan(world.storage.now());
    world.opened = await reopened(world);
    const after = [await leaseOf(running), await leaseOf(cancelling)];
    expect(after).toEqual(before);
  });

  it("never gives a number twice, nor goes back in time, when it is opened again", async () => {
    const world = getWorld();
    await world.define("app");
    const { run: first } = await world.done(world.create("app", "a"));
    const time = world.storage.now();
    world.timeMs -= 60_000;
    world.opened = await reopened(world);
    expect(world.storage.now()).toBeGreaterThanOrEqual(time);
    const { run: second } = await world.done(world.create("app", "b"));
    expect(second?.position).toBeGreaterThan(first?.position ?? Number.POSITIVE_INFINITY);
    expect(second?.createdAt).toBeGreaterThanOrEqual(time);
  });

  it("has its lines when it is opened again", async () => {
    const world = getWorld();
    const grant = await leased(world, "a");
    await world.done(world.lines(grant, 0, ["0", "1"]));
    world.opened = await reopened(world);
    expect(await read(world, {})).toEqual(["0", "1"]);
    expect(await world.done(world.lines(grant, 1, ["1", "2"]))).toEqual({ received: 3 });
    expect(await read(world, {})).toEqual(["0", "1", "2"]);
  });
}
