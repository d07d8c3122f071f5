/** What a storage that outlives its process still has when it is opened again. */
import { expect, it } from "vitest";
import { leased, read } from "./log-rules.ts";
import { type GetWorld, NS, type OpenedStorage, type World } from "./world.ts";

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
