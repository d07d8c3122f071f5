/** S1 to S6: what a batch is. */
import { expect, it } from "vitest";
import { ANY_RUN, codesOf, type GetWorld, NS, RULES, valueOf } from "./world.ts";

export function batchRules(getWorld: GetWorld): void {
  atomicity(getWorld);
  refusals(getWorld);
  durability(getWorld);
  numbering(getWorld);
}

function atomicity(getWorld: GetWorld): void {
  it("answers one outcome for each command, in their order", async () => {
    const world = getWorld();
    const result = await world.batch(
      world.definition("app"),
      world.definition("app"),
      world.create("app", "a"),
      world.create("none", "a"),
    );
    expect(codesOf(result)).toEqual(["ok", "definition_exists", "ok", "definition_not_found"]);
  });

  it("decides each command on what those before it in the batch left", async () => {
    const world = getWorld();
    const result = await world.batch(
      world.definition("app"),
      world.create("app", "a"),
      world.create("app", "a"),
      world.update("app", "a", "changed"),
    );
    expect(codesOf(result)).toEqual(["ok", "ok", "resource_exists", "ok"]);
    expect(valueOf<"updateResource">(result.outcomes[3]).resource.version).toBe(2);
  });

  it("leaves nothing of a refused command", async () => {
    const world = getWorld();
    await world.define("app");
    const before = await world.storage.lastChange();
    const refused = await world.batch(world.create("app", "a", { spec: "invalid" }));
    expect(codesOf(refused)).toEqual(["invalid_spec"]);
    expect(refused.changes).toEqual([]);
    expect(refused.effects).toEqual([]);
    expect(await world.storage.lastChange()).toBe(before);
    expect(await world.storage.runs(ANY_RUN)).toEqual([]);
    expect(await world.storage.load([world.keys.resource({ kind: "app", name: "a" })])).toEqual([
      undefined,
    ]);
  });
}

function refusals(getWorld: GetWorld): void {
  it("leaves nothing of a batch that fails, and can be used on", async () => {
    const world = getWorld();
    await world.define("app");
    const before = await world.storage.lastChange();
    const broken = {
      ...RULES,
      validateSpec: () => {
        throw new Error("a bug");
      },
    };
    const { storage } = world;
    const commands = [world.definition("other"), world.create("app", "a")];
    const asked = commands.map((command) => ({ ...command, ns: NS, actor: "tester" }));
    await expect(storage.batch(asked, broken)).rejects.toThrow("a bug");
    expect(await storage.lastChange()).toBe(before);
    expect(await storage.load([world.keys.definition("other")])).toEqual([undefined]);
    await world.done(world.create("app", "a"));
    expect(await storage.runs(ANY_RUN)).toHaveLength(1);
  });

  it("does nothing for no commands", async () => {
    const world = getWorld();
    const empty = { outcomes: [], effects: [], changes: [] };
    expect(await world.storage.batch([], RULES)).toEqual(empty);
  });

  it("keeps namespaces apart", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.create("app", "a"));
    expect(codesOf(await world.batchIn("other", world.create("app", "a")))).toEqual([
      "definition_not_found",
    ]);
    await world.batchIn("other", world.definition("app"), world.create("app", "a"));
    expect(await world.storage.runs({ ...ANY_RUN, ns: "other" })).toHaveLength(1);
    const changes = await world.storage.changes({ ns: NS, after: 0, limit: 100 });
    expect(changes.map(({ position }) => position)).toEqual([1, 2, 3]);
    const others = await world.storage.changes({ ns: "other", after: 0, limit: 100 });
    expect(others.map(({ position }) => position)).toEqual([4, 5, 6]);
  });
}

function durability(getWorld: GetWorld): void {
  it("can be closed twice", async () => {
    const world = getWorld();
    await world.storage.close();
    await expect(world.storage.close()).resolves.toBeUndefined();
  });

  it("refuses work once it is closed", async () => {
    const world = getWorld();
    await world.storage.close();
    await expect(world.batch(world.definition("app"))).rejects.toThrow();
  });
}

function numbering(getWorld: GetWorld): void {
  it("gives runs growing positions in the order of acceptance", async () => {
    const world = getWorld();
    await world.define("app");
    await world.batch(world.create("app", "a"), world.create("app", "b"));
    await world.batch(world.create("app", "c"));
    const runs = await world.storage.runs(ANY_RUN);
    expect(runs.map(({ resource }) => resource.name)).toEqual(["c", "b", "a"]);
    const positions = runs.map(({ position }) => position);
    expect(positions).toEqual([...positions].sort((a, b) => b - a));
    expect(new Set(positions).size).toBe(3);
  });

  it("numbers the feed by one, without gaps, in the order of commits", async () => {
    const world = getWorld();
    await world.define("app", "lib");
    const result = await world.batch(
      world.create("app", "a"),
      world.create("none", "b"),
      world.create("app", "c"),
    );
    expect(result.changes.map(({ position }) => position)).toEqual([3, 4, 5, 6]);
    const all = await world.storage.changes({ ns: NS, after: 0, limit: 100 });
    expect(all.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(all.slice(2)).toEqual(result.changes);
    expect(await world.storage.lastChange()).toBe(6);
  });

  it("reads the feed on from any position, up to a limit", async () => {
    const world = getWorld();
    await world.define("app");
    await world.batch(world.create("app", "a"), world.create("app", "b"));
    const { storage } = world;
    const positions = async (after: number, limit: number) =>
      (await storage.changes({ ns: NS, after, limit })).map(({ position }) => position);
    expect(await positions(0, 2)).toEqual([1, 2]);
    expect(await positions(2, 2)).toEqual([3, 4]);
    expect(await positions(4, 10)).toEqual([5]);
    expect(await positions(5, 10)).toEqual([]);
  });

  it("never goes back in time", async () => {
    const world = getWorld();
    const before = world.storage.now();
    world.timeMs -= 10_000;
    expect(world.storage.now()).toBeGreaterThanOrEqual(before);
    await world.define("app");
    const { run } = await world.done(world.create("app", "a"));
    expect(run?.createdAt).toBeGreaterThanOrEqual(before);
  });

  it("fences each grant with a token that grows", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"]));
    await world.batch(world.create("app", "a"), world.create("app", "b"));
    const [first, second] = await world.grants("builder", "app");
    expect(second?.token).toBeGreaterThan(first?.token ?? Number.POSITIVE_INFINITY);
  });
}
