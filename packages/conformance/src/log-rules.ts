/** L1 to L3: lines come back whole, in order, once, from any cursor. */
import type { Grant, LogChunk } from "@conveyor-ci/core";
import type { LogQuery } from "@conveyor-ci/engine/ports";
import { expect, it } from "vitest";
import { codesOf, type GetWorld, line, NS, type World } from "./world.ts";

const ALL: LogQuery = {
  ns: NS,
  position: null,
  driver: null,
  pipeline: null,
  step: null,
  after: null,
  maxBytes: 1_000_000,
};

export function logRules(getWorld: GetWorld): void {
  appending(getWorld);
  numbering(getWorld);
  reading(getWorld);
  filtering(getWorld);
}

export async function leased(world: World, name: string): Promise<Grant> {
  await world.define("app");
  await world.done(world.hello("builder", ["app"]));
  await world.done(world.create("app", name));
  return world.grant("builder", "app");
}

function messages(chunks: readonly LogChunk[]): readonly string[] {
  return chunks.flatMap(({ lines }) => lines.map(({ message }) => message));
}

export async function read(world: World, query: Partial<LogQuery>): Promise<readonly string[]> {
  return messages((await world.logs.read({ ...ALL, ...query })).chunks);
}

/** Every page of a query, one after the other. */
async function readAll(world: World, query: Partial<LogQuery>): Promise<readonly LogChunk[]> {
  const chunks: LogChunk[] = [];
  let after = query.after ?? null;
  for (;;) {
    const page = await world.logs.read({ ...ALL, ...query, after });
    chunks.push(...page.chunks);
    if (page.next === null) return chunks;
    after = page.next;
  }
}

function appending(getWorld: GetWorld): void {
  it("reads every acknowledged line, as it was written", async () => {
    const world = getWorld();
    const grant = await leased(world, "a");
    const stream = { ...line("warning"), level: "warn", stream: "stderr", labels: {} } as const;
    const { lease } = world.lines(grant, 0, []);
    const answer = await world.done({
      kind: "appendLines",
      lease,
      first: 0,
      lines: [line("naïve 🚲"), stream],
    });
    expect(answer).toEqual({ received: 2 });
    const { chunks, next } = await world.logs.read({ ...ALL, position: grant.run.position });
    expect(next).toBeNull();
    expect(chunks).toEqual([
      {
        run: grant.run.id,
        position: grant.run.position,
        driver: "builder",
        pipeline: null,
        step: "builder",
        attempt: 1,
        first: 1,
        lines: [line("naïve 🚲"), stream],
        storedAt: world.timeMs,
      },
    ]);
  });

  it("keeps lines that are sent again once, and trims what overlaps", async () => {
    const world = getWorld();
    const grant = await leased(world, "a");
    await world.done(world.lines(grant, 0, ["0", "1"]));
    expect(await world.done(world.lines(grant, 0, ["0", "1"]))).toEqual({ received: 2 });
    expect(await world.done(world.lines(grant, 1, ["1", "2"]))).toEqual({ received: 3 });
    await world.batch(world.lines(grant, 3, ["3"]), world.lines(grant, 3, ["3", "4"]));
    expect(await read(world, {})).toEqual(["0", "1", "2", "3", "4"]);
  });

  it("refuses lines after a gap, and a result whose lines are missing", async () => {
    const world = getWorld();
    const grant = await leased(world, "a");
    expect(codesOf(await world.batch(world.lines(grant, 1, ["1"])))).toEqual(["lines_missing"]);
    await world.done(world.lines(grant, 0, ["0"]));
    expect(codesOf(await world.batch(world.result(grant, 2)))).toEqual(["lines_missing"]);
    const rest = await world.batch(world.lines(grant, 1, ["1"]), world.result(grant, 2));
    expect(codesOf(rest)).toEqual(["ok", "ok"]);
    expect(await read(world, {})).toEqual(["0", "1"]);
  });
}

function numbering(getWorld: GetWorld): void {
  it("numbers the lines of a run by one, over its attempts and lines from outside", async () => {
    const world = getWorld();
    const grant = await leased(world, "a");
    const write = { kind: "writeLines", run: grant.run.id, driver: "builder" } as const;
    await world.batch(
      world.lines(grant, 0, ["1", "2"]),
      { ...write, lines: [line("3")] },
      world.lines(grant, 2, ["4"]),
    );
    const { chunks } = await world.logs.read({ ...ALL, position: grant.run.position });
    expect(chunks.map(({ first }) => first)).toEqual([1, 3, 4]);
    expect(messages(chunks)).toEqual(["1", "2", "3", "4"]);
  });
}

function reading(getWorld: GetWorld): void {
  it("answers nothing where nothing is stored", async () => {
    const world = getWorld();
    expect(await world.logs.read(ALL)).toEqual({ chunks: [], next: null });
    const query = { ...ALL, position: 7, after: { position: 7, after: 3 } };
    expect(await world.logs.read(query)).toEqual({ chunks: [], next: null });
  });

  it("reads on from any line without gap or double", async () => {
    const world = getWorld();
    const grant = await leased(world, "a");
    const { position } = grant.run;
    for (let first = 0; first < 12; first += 3) {
      const three = [first, first + 1, first + 2].map((at) => String(at + 1));
      await world.done(world.lines(grant, first, three));
    }
    for (let after = 0; after <= 12; after += 1) {
      const query = { ...ALL, position, after: { position, after } };
      const { chunks } = await world.logs.read(query);
      const seqs = chunks.flatMap(({ first, lines }) => lines.map((_, index) => first + index));
      const missing = Array.from({ length: 12 - after }, (_, index) => after + 1 + index);
      expect(seqs.filter((seq) => seq > after)).toEqual(missing);
      expect(chunks[0]?.first ?? after + 1).toBeLessThanOrEqual(after + 1);
      expect(chunks.every(({ first, lines }) => first + lines.length - 1 > after)).toBe(true);
    }
  });

  it("bounds a page by its bytes, but answers at least one chunk", async () => {
    const world = getWorld();
    const first = await leased(world, "a");
    await world.done(world.create("app", "b"));
    const grants = [first, await world.grant("builder", "app")];
    for (const grant of grants) {
      for (let at = 0; at < 5; at += 1) {
        const message = `${grant.run.resource.name}${at}`.padEnd(1_000, ".");
        await world.done(world.lines(grant, at, [message]));
      }
    }
    const one = await world.logs.read({ ...ALL, maxBytes: 1 });
    expect(one.chunks).toHaveLength(1);
    expect(one.next).toEqual({ position: first.run.position, after: 1 });
    const two = await world.logs.read({ ...ALL, maxBytes: 2_600 });
    expect(two.chunks).toHaveLength(2);
    for (const maxBytes of [1, 2_600, 1_000_000]) {
      const starts = messages(await readAll(world, { maxBytes })).map((text) => text.slice(0, 2));
      expect(starts).toEqual(["a0", "a1", "a2", "a3", "a4", "b0", "b1", "b2", "b3", "b4"]);
    }
  });

  it("reads many small chunks to their end", async () => {
    const world = getWorld();
    const grant = await leased(world, "a");
    const asks = Array.from({ length: 650 }, (_, at) => world.lines(grant, at, [String(at)]));
    await world.batch(...asks);
    const expected = asks.map((_, at) => String(at));
    expect(await read(world, {})).toEqual(expected);
    expect(await read(world, { step: "builder" })).toEqual(expected);
    expect(await read(world, { step: "none" })).toEqual([]);
    expect(messages(await readAll(world, { maxBytes: 10_000 }))).toEqual(expected);
  });
}

function filtering(getWorld: GetWorld): void {
  async function prepare(world: World): Promise<readonly [Grant, Grant, Grant]> {
    await world.define("app");
    const steps = [
      { id: "build", driver: "builder", needs: [] },
      { id: "test", driver: "tester", needs: [] },
    ];
    await world.done(world.pipeline("p", "app", steps));
    await world.done(world.hello("builder", ["app"]));
    await world.done(world.hello("tester", ["app"]));
    await world.done(world.create("app", "a", { pipeline: "p" }));
    const build = await world.grant("builder", "app");
    const test = await world.grant("tester", "app");
    await world.done(world.create("app", "plain"));
    const plain = await world.grant("builder", "app");
    await world.done(world.lines(build, 0, ["build 1"]));
    await world.done(world.lines(test, 0, ["test 1", "test 2"]));
    await world.done(world.lines(build, 1, ["build 2"]));
    await world.done(world.lines(plain, 0, ["plain 1"]));
    return [build, test, plain];
  }

  it("filters by run, driver, pipeline and step, in the order of runs and lines", async () => {
    const world = getWorld();
    const [build, , plain] = await prepare(world);
    const all = ["build 1", "test 1", "test 2", "build 2", "plain 1"];
    expect(await read(world, {})).toEqual(all);
    expect(await read(world, { position: build.run.position })).toEqual(all.slice(0, 4));
    expect(await read(world, { position: plain.run.position })).toEqual(["plain 1"]);
    expect(await read(world, { pipeline: "p" })).toEqual(all.slice(0, 4));
    expect(await read(world, { driver: "builder" })).toEqual(["build 1", "build 2", "plain 1"]);
    expect(await read(world, { driver: "tester" })).toEqual(["test 1", "test 2"]);
    expect(await read(world, { step: "test" })).toEqual(["test 1", "test 2"]);
    expect(await read(world, { driver: "builder", pipeline: "p" })).toEqual(["build 1", "build 2"]);
    const { position } = build.run;
    expect(await read(world, { position, driver: "builder" })).toEqual(["build 1", "build 2"]);
    expect(await read(world, { position, pipeline: "none" })).toEqual([]);
  });

  it("follows a filter on from a cursor, over the ends of runs", async () => {
    const world = getWorld();
    const [build] = await prepare(world);
    const { position } = build.run;
    const from = (after: number) => ({ driver: "builder", after: { position, after } });
    expect(await read(world, from(1))).toEqual(["build 2", "plain 1"]);
    expect(await read(world, from(2))).toEqual(["build 2", "plain 1"]);
    expect(await read(world, from(4))).toEqual(["plain 1"]);
    const pages = await readAll(world, { driver: "builder", maxBytes: 1 });
    expect(messages(pages)).toEqual(["build 1", "build 2", "plain 1"]);
    const behind = { position, after: { position: position + 1, after: 0 } };
    expect(await read(world, behind)).toEqual([]);
  });

  it("keeps the lines of namespaces apart", async () => {
    const world = getWorld();
    await prepare(world);
    expect(await read(world, { ns: "other" })).toEqual([]);
  });
}
