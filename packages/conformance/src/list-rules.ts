/** Lists: their order, filters and pages; and records by key. */

import type { RunQuery } from "@conveyor-ci/engine/ports";
import { expect, it } from "vitest";
import { ANY_QUEUE, ANY_RUN, type GetWorld, NS, type World } from "./world.ts";

export function listRules(getWorld: GetWorld): void {
  records(getWorld);
  names(getWorld);
  resources(getWorld);
  runs(getWorld);
  standings(getWorld);
}

function records(getWorld: GetWorld): void {
  it("answers one record for each key, in their order", async () => {
    const world = getWorld();
    await world.define("app", "lib");
    const keys = ["lib", "none", "app", "lib"].map(world.keys.definition);
    const found = await world.storage.load(keys);
    expect(found.map((definition) => definition?.name)).toEqual(["lib", undefined, "app", "lib"]);
  });

  it("keeps every version and every revision as it was", async () => {
    const world = getWorld();
    await world.define("app");
    const { resource } = await world.done(world.create("app", "a", { spec: "one" }));
    await world.done(world.update("app", "a", "two"));
    const { pipeline } = await world.done(world.pipeline("p", "app", [{ id: "one" }]));
    await world.done(world.pipeline("p", "app", [{ id: "two" }]));
    const version = (version: number) => world.keys.version({ id: resource.id, version });
    const versions = await world.storage.load([version(1), version(2), version(3)]);
    expect(versions.map((one) => one?.spec)).toEqual(["one", "two", undefined]);
    const revision = (revision: number) => world.keys.revision({ id: pipeline.id, revision });
    const revisions = await world.storage.load([revision(1), revision(2)]);
    expect(revisions.map((one) => one?.steps[0]?.id)).toEqual(["one", "two"]);
  });

  it("keeps the data of a result beside the run", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"]));
    await world.done(world.create("app", "a"));
    const grant = await world.grant("builder", "app");
    await world.done(world.result(grant, 0, "the data"));
    const at = { run: grant.run.id, step: grant.step };
    expect(await world.storage.load([world.keys.data(at)])).toEqual([{ ...at, data: "the data" }]);
  });
}

function names(getWorld: GetWorld): void {
  it("lists definitions, pipelines and drivers by name, in pages", async () => {
    const world = getWorld();
    await world.define("b", "a", "c");
    for (const name of ["y", "x", "z"]) await world.done(world.pipeline(name, "a", [{}]));
    for (const name of ["v", "u", "w"]) await world.done(world.hello(name, ["a"]));
    const { storage } = world;
    const first = { ns: NS, after: null, limit: 2 };
    const namesOf = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name);
    expect(namesOf(await storage.definitions(first))).toEqual(["a", "b"]);
    expect(namesOf(await storage.definitions({ ...first, after: "b" }))).toEqual(["c"]);
    expect(namesOf(await storage.pipelines(first))).toEqual(["x", "y"]);
    expect(namesOf(await storage.pipelines({ ...first, after: "y" }))).toEqual(["z"]);
    expect(namesOf(await storage.drivers(first))).toEqual(["u", "v"]);
    expect(namesOf(await storage.drivers({ ...first, after: "v" }))).toEqual(["w"]);
  });

  it("orders names by their bytes", async () => {
    const world = getWorld();
    await world.define("b", "B", "a-1", "a.1", "a1", "a_1");
    const all = await world.storage.definitions({ ns: NS, after: null, limit: 10 });
    expect(all.map(({ name }) => name)).toEqual(["B", "a-1", "a.1", "a1", "a_1", "b"]);
  });
}

function resources(getWorld: GetWorld): void {
  const query = { ns: NS, kind: null, labels: {}, after: null, limit: 100 };

  it("lists resources by kind and name, in pages", async () => {
    const world = getWorld();
    await world.define("app", "lib");
    for (const [kind, name] of [
      ["lib", "a"],
      ["app", "z"],
      ["app", "b"],
      ["lib", "c"],
    ] as const) {
      await world.done(world.create(kind, name));
    }
    const list = async (more: Partial<Parameters<typeof world.storage.resources>[0]>) =>
      (await world.storage.resources({ ...query, ...more })).map((r) => `${r.kind}/${r.name}`);
    expect(await list({})).toEqual(["app/b", "app/z", "lib/a", "lib/c"]);
    expect(await list({ limit: 2 })).toEqual(["app/b", "app/z"]);
    expect(await list({ after: { kind: "app", name: "z" } })).toEqual(["lib/a", "lib/c"]);
    expect(await list({ kind: "app" })).toEqual(["app/b", "app/z"]);
    expect(await list({ kind: "app", after: { kind: "app", name: "b" } })).toEqual(["app/z"]);
  });

  it("selects resources by the metadata of their newest version", async () => {
    const world = getWorld();
    await world.define("app");
    const odd = { "a.b": "1", 'quote"d': "2", team: "core" };
    await world.done(world.create("app", "a", { metadata: odd }));
    await world.done(world.create("app", "b", { metadata: { team: "core" } }));
    await world.done(world.create("app", "c", { metadata: { team: "other" } }));
    const list = async (labels: Record<string, string>) =>
      (await world.storage.resources({ ...query, labels })).map(({ name }) => name);
    expect(await list({ team: "core" })).toEqual(["a", "b"]);
    expect(await list({ team: "core", "a.b": "1" })).toEqual(["a"]);
    expect(await list({ 'quote"d': "2" })).toEqual(["a"]);
    expect(await list({ team: "other" })).toEqual(["c"]);
    await world.done(world.update("app", "c", "two"));
    expect(await list({ team: "other" })).toEqual([]);
    expect(await list({ none: "" })).toEqual([]);
  });

  it("lists no deleted resource", async () => {
    const world = getWorld();
    await world.define("app");
    await world.batch(world.create("app", "a"), world.create("app", "b"));
    await world.done(world.remove("app", "a"));
    const left = await world.storage.resources(query);
    expect(left.map(({ name }) => name)).toEqual(["b"]);
  });
}

async function makeRuns(world: World): Promise<void> {
  await world.define("app", "lib");
  await world.done(world.pipeline("p", "app", [{ id: "x", driver: "tester" }]));
  await world.done(world.hello("builder", ["app", "lib"]));
  await world.done(world.create("app", "a"));
  await world.done(world.create("lib", "a"));
  await world.done(world.create("app", "b", { pipeline: "p" }));
  await world.done(world.create("app", "c"));
  const first = await world.grant("builder", "app");
  await world.done(world.result(first));
}

function runs(getWorld: GetWorld): void {
  const list = async (more: Partial<RunQuery>) => {
    const found = await getWorld().storage.runs({ ...ANY_RUN, ...more });
    return found.map(({ resource }) => `${resource.kind}/${resource.name}`);
  };

  it("lists runs from the newest, in pages", async () => {
    const world = getWorld();
    await makeRuns(world);
    expect(await list({})).toEqual(["app/c", "app/b", "lib/a", "app/a"]);
    const [, second] = await world.storage.runs({ ...ANY_RUN, limit: 2 });
    expect(await list({ before: second?.position ?? 0 })).toEqual(["lib/a", "app/a"]);
    expect(await list({ limit: 1 })).toEqual(["app/c"]);
  });

  it("filters runs by each of their facts", async () => {
    await makeRuns(getWorld());
    expect(await list({ resource: "app" })).toEqual(["app/c", "app/b", "app/a"]);
    expect(await list({ name: "a" })).toEqual(["lib/a", "app/a"]);
    expect(await list({ pipeline: "p" })).toEqual(["app/b"]);
    expect(await list({ driver: "builder" })).toEqual(["app/c", "lib/a", "app/a"]);
    expect(await list({ driver: "tester" })).toEqual(["app/b"]);
    expect(await list({ state: "succeeded" })).toEqual(["app/a"]);
    expect(await list({ state: "pending" })).toEqual(["app/b", "lib/a"]);
    expect(await list({ state: "running" })).toEqual(["app/c"]);
    expect(await list({ state: "failed" })).toEqual([]);
  });

  it("filters runs by several facts at once, in pages", async () => {
    const world = getWorld();
    await makeRuns(world);
    expect(await list({ resource: "app", name: "a" })).toEqual(["app/a"]);
    expect(await list({ resource: "app", driver: "builder" })).toEqual(["app/c", "app/a"]);
    expect(await list({ driver: "builder", state: "pending" })).toEqual(["lib/a"]);
    expect(await list({ resource: "app", state: "succeeded", driver: "builder" })).toEqual([
      "app/a",
    ]);
    expect(await list({ pipeline: "p", name: "a" })).toEqual([]);
    const [newest] = await world.storage.runs({ ...ANY_RUN, resource: "app", driver: "builder" });
    const before = newest?.position ?? 0;
    expect(await list({ resource: "app", driver: "builder", before })).toEqual(["app/a"]);
  });
}

function standings(getWorld: GetWorld): void {
  it("lists sessions of all drivers, or of one", async () => {
    const world = getWorld();
    await world.done(world.hello("b", ["app"]));
    await world.done(world.hello("a", ["app"], { instance: "two" }));
    await world.done(world.hello("a", ["app"]));
    const ids = async (driver: string | null) =>
      (await world.storage.sessions({ ns: NS, driver })).map(({ id }) => id);
    expect(await ids(null)).toEqual(["a/one", "a/two", "b/one"]);
    expect(await ids("a")).toEqual(["a/one", "a/two"]);
    expect(await ids("none")).toEqual([]);
  });

  it("tells how deep each queue is and since when, without what is leased", async () => {
    const world = getWorld();
    await world.define("app");
    await world.done(world.hello("builder", ["app"], { concurrency: 1 }));
    await world.done(world.create("app", "a"));
    await world.grants("builder", "app");
    world.timeMs += 1_000;
    await world.done(world.create("app", "b"));
    const since = world.storage.now();
    world.timeMs += 1_000;
    await world.done(world.create("app", "c"));
    expect(await world.storage.queueDepths(ANY_QUEUE)).toEqual([
      { driver: "builder", kind: "app", event: "create", depth: 2, since },
    ]);
    expect(await world.storage.queueDepths({ ...ANY_QUEUE, limit: 0 })).toEqual([]);
    expect(await world.storage.queueDepths({ ...ANY_QUEUE, upTo: 1 })).toMatchObject([
      { depth: 1 },
    ]);
  });

  it("lists the queues of one driver, and of all in order", async () => {
    const world = getWorld();
    await world.define("app", "lib");
    await world.done(world.hello("b", ["app"]));
    await world.done(world.hello("a", ["lib", "app"]));
    await world.batch(world.create("app", "x"), world.create("lib", "y"));
    const topics = async (driver: string | null) =>
      (await world.storage.queueDepths({ ...ANY_QUEUE, driver })).map(
        (queue) => `${queue.driver} ${queue.kind}`,
      );
    expect(await topics(null)).toEqual(["a app", "a lib", "b app"]);
    expect(await topics("a")).toEqual(["a app", "a lib"]);
    expect(await topics("none")).toEqual([]);
  });
}
