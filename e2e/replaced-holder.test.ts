import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { greetRaw, rawLines } from "./harness/raw-instance.ts";
import { useWorld } from "./harness/world.ts";

/** After so long a silence a lease is given to somebody else; the rest is for a busy machine. */
const SILENCE_MS = 20_000;
/** After so long without a connection. */
const GRACE_MS = 10_000;
const MARGIN_MS = 2_000;

describe("a holder that is away for too long", () => {
  const world = useWorld("replaced");

  it("P3: is refused once it was replaced, and its signal aborts", async () => {
    await world.startServer();
    const id = await world.create("app-1", {
      builder: [
        { do: "log", count: 3 },
        { do: "flush" },
        { do: "gate", name: "finish", logging: true },
        { do: "log", count: 3 },
      ],
    });
    const holder = await world.startDriver({ name: "builder", instance: "one" });
    await eventually(() => world.stage.entries("waiting", id).length === 1);
    const other = await world.startDriver({ name: "builder", instance: "two" });
    holder.signal("SIGSTOP");
    await eventually(() => world.stage.entries("start", id).length === 2, {
      withinMs: SILENCE_MS + MARGIN_MS,
      what: "the step run is given to somebody else",
    });
    holder.signal("SIGCONT");
    const aborted = await eventually(() => world.stage.entries("aborted", id)[0]);
    expect(aborted).toMatchObject({ pid: holder.pid, attempt: 1, detail: "lease_lost" });
    world.stage.open("finish");
    const run = await world.ended(id);
    const [first, second] = world.stage.entries("start", id);
    expect(second).toMatchObject({ pid: other.pid, instance: "two" });
    expect(second!.fence).toBeGreaterThan(first!.fence);
    expect(run.steps[0]?.result).toMatchObject({ data: { attempt: 2, instance: "two" } });
    expect(run.steps[0]?.attempts.map(({ outcome }) => outcome)).toEqual(["lost", "succeeded"]);
    const lines = await world.lines(id);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
    // Of the old holder nothing is there that came after the first line of the new one.
    const attempts = lines.map(({ attempt }) => attempt);
    expect(attempts).toEqual([...attempts].sort());
  });

  it("P3: may say what it wants then, and nothing of it counts", async () => {
    const { url } = await world.startServer();
    const id = await world.create("app-1", { builder: [{ do: "gate", name: "finish" }] });
    const hello = { driver: "builder", boot: "first" };
    const { raw } = await greetRaw(world.scope, url, hello);
    const { lease, step } = await raw.next("assign");
    raw.send({ type: "log", lease, first: 0, lines: rawLines("one", "two") });
    expect(await raw.next("logged")).toMatchObject({ received: 2 });
    await world.startDriver({ name: "builder", instance: "two" });
    raw.drop();
    await eventually(() => world.stage.entries("start", id).length === 1, {
      withinMs: GRACE_MS + MARGIN_MS,
      what: "the step run is given to somebody else",
    });
    const leases = [{ lease, runid: id, step }];
    const back = await greetRaw(world.scope, url, { ...hello, leases });
    expect(back.welcome.leases).toEqual([{ lease, state: "lost" }]);
    back.raw.send({ type: "log", lease, first: 2, lines: rawLines("three") });
    expect(await back.raw.next("lost")).toMatchObject({ lease, code: "lease_lost" });
    const result = { success: false, message: "too late", data: null };
    back.raw.send({ type: "result", lease, lines: 2, ...result });
    expect(await back.raw.next("lost")).toMatchObject({ lease, code: "lease_lost" });
    back.raw.send({ type: "progress", leases: [lease], lagMs: 0 });
    expect(await back.raw.next("lost")).toMatchObject({ lease, code: "lease_lost" });
    world.stage.open("finish");
    const run = await world.ended(id);
    expect(run).toMatchObject({ state: "succeeded", steps: [{ message: "builder done" }] });
    expect((await world.lines(id)).map(({ message }) => message)).toEqual(["one", "two"]);
  });

  it("P2: goes on where it was while nobody has replaced it", async () => {
    const { url } = await world.startServer();
    const id = await world.create("app-1");
    const hello = { driver: "builder", boot: "first" };
    const { raw } = await greetRaw(world.scope, url, hello);
    const { lease, step } = await raw.next("assign");
    raw.send({ type: "log", lease, first: 0, lines: rawLines("one", "two") });
    await raw.next("logged");
    raw.drop();
    await eventually(async () => (await world.run(id)).steps[0]?.state === "queued", {
      withinMs: GRACE_MS + MARGIN_MS,
      what: "the lease expires",
    });
    const back = await greetRaw(world.scope, url, {
      ...hello,
      leases: [{ lease, runid: id, step }],
    });
    expect(back.welcome.leases).toEqual([{ lease, state: "held", received: 2 }]);
    back.raw.send({ type: "log", lease, first: 2, lines: rawLines("three") });
    back.raw.send({ type: "result", lease, lines: 3, success: true, message: "done", data: null });
    await back.raw.next("recorded");
    const run = await world.ended(id);
    expect(run).toMatchObject({ state: "succeeded", steps: [{ message: "done" }] });
    expect(run.steps[0]?.attempts).toMatchObject([{ number: 1, outcome: "succeeded" }]);
    const messages = (await world.lines(id)).map(({ message }) => message);
    expect(messages).toEqual(["one", "two", "three"]);
  });
});
