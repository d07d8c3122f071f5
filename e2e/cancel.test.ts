import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { sharedClockMs } from "./harness/journal.ts";
import { KIND, type Script } from "./harness/script.ts";
import { useWorld } from "./harness/world.ts";

/** From the answer to `cancel` to the handler's signal (P8). */
const SIGNAL_MS = 1_000;
/** What a handler has after it was told to stop (P8). */
const STUCK_MS = 10_000;
const MARGIN_MS = 3_000;

describe("a handler whose work is no longer wanted", () => {
  const world = useWorld("cancel");
  const waiting: Script = { "*": [{ do: "gate", name: "finish" }] };

  /** Creates a resource, and answers its run once its handler waits. */
  async function startWork(name: string, script: Script, pipeline?: string): Promise<string> {
    const id = await world.create(name, script, pipeline === undefined ? {} : { pipeline });
    await eventually(() => world.stage.entries("waiting", id).length === 1);
    return id;
  }

  const abortOf = (id: string) => eventually(() => world.stage.entries("aborted", id)[0]);

  it("P8: is told so within a second of the cancel, and its run ends as cancelled", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder" });
    const id = await startWork("app-1", waiting);
    const asked = sharedClockMs();
    const answer = await world.client.runs.cancel(id);
    expect(answer.state).toBe("cancelling");
    const aborted = await abortOf(id);
    expect(aborted.detail).toBe("user");
    expect(aborted.at - asked).toBeLessThan(SIGNAL_MS);
    const run = await world.ended(id);
    expect(run).toMatchObject({
      state: "cancelled",
      steps: [{ state: "cancelled", attempts: [{ outcome: "cancelled" }] }],
    });
    await expect(world.client.runs.cancel(id)).rejects.toMatchObject({ code: "run_finished" });
  });

  it("P8: may log and clean up before its run ends", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder" });
    const id = await startWork("app-1", {
      builder: [
        { do: "gate", name: "clean", deaf: true },
        { do: "log", count: 3 },
      ],
    });
    await world.client.runs.cancel(id);
    await abortOf(id);
    expect((await world.run(id)).state).toBe("cancelling");
    world.stage.open("clean");
    expect((await world.ended(id)).state).toBe("cancelled");
    expect((await world.lines(id)).map(({ message }) => message)).toEqual([
      "line 1",
      "line 2",
      "line 3",
    ]);
  });

  it("P8: is given up when it goes on for 10 s: stuck, its slot free, its run ended", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder", concurrency: 1 });
    const id = await startWork("app-1", {
      builder: [
        { do: "gate", name: "late", deaf: true },
        { do: "log", count: 3 },
      ],
    });
    const behind = await world.create("app-2");
    const asked = performance.now();
    await world.client.runs.cancel(id);
    const run = await world.ended(id, STUCK_MS + MARGIN_MS);
    expect(performance.now() - asked).toBeGreaterThan(STUCK_MS - MARGIN_MS);
    expect(run).toMatchObject({
      state: "cancelled",
      steps: [{ code: "handler_stuck", attempts: [{ outcome: "cancelled", stuck: true }] }],
    });
    // The instance has one slot, and the handler is still there.
    expect((await world.ended(behind)).state).toBe("succeeded");
    world.stage.open("late");
    await eventually(() => world.stage.entries("end", id).length === 1);
    expect(await world.lines(id)).toEqual([]);
    expect(await world.run(id)).toEqual(run);
  });

  it("is told so at the timeout of its step, and the run ends as timed out", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder" });
    const steps = [
      { id: "build", driver: "builder", timeout: "500ms" },
      { id: "publish", driver: "builder" },
    ];
    await world.client.pipelines.apply({ name: "ci", resource: KIND, steps });
    const id = await startWork("app-1", waiting, "ci");
    expect((await abortOf(id)).detail).toBe("timeout");
    expect(await world.ended(id)).toMatchObject({
      state: "timed_out",
      steps: [
        { id: "build", state: "timed_out", attempts: [{ outcome: "timed_out" }] },
        { id: "publish", state: "skipped", attempts: [] },
      ],
    });
  });

  it("is told so when its resource is deleted", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder" });
    const id = await startWork("app-1", waiting);
    const at = { kind: KIND, name: "app-1" };
    expect(await world.client.resources.delete(at)).toEqual({ runId: null });
    expect((await abortOf(id)).detail).toBe("superseded");
    expect((await world.ended(id)).state).toBe("cancelled");
    await expect(world.client.resources.get(at)).rejects.toMatchObject({ status: 404 });
  });

  it("is told so when its process must stop at once, and another instance does the work", async () => {
    await world.startServer();
    const old = await world.startDriver({ name: "builder", instance: "old" });
    const id = await startWork("app-1", waiting);
    old.signal("SIGTERM");
    await old.line(/stops \(SIGTERM\); running: 1/);
    expect(world.stage.entries("aborted", id)).toEqual([]);
    old.signal("SIGTERM");
    expect((await abortOf(id)).detail).toBe("shutdown");
    expect(await old.exit).toEqual({ code: 0, signal: null });
    world.stage.open("finish");
    await world.startDriver({ name: "builder", instance: "new" });
    const run = await world.ended(id);
    expect(run.state).toBe("succeeded");
    expect(run.steps[0]?.attempts).toMatchObject([
      { instance: "old", outcome: "lost" },
      { instance: "new", outcome: "succeeded" },
    ]);
  });

  it("gets no work at all when its run is cancelled before", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder", concurrency: 1 });
    const first = await startWork("app-1", waiting);
    const second = await world.create("app-2");
    expect((await world.client.runs.cancel(second)).state).toBe("cancelled");
    world.stage.open("finish");
    expect((await world.ended(first)).state).toBe("succeeded");
    expect(world.stage.entries("start", second)).toEqual([]);
  });
});
