import { type Driver, defineDriver, type ReconcileContext } from "@conveyor-ci/driver";
import { afterEach, describe, expect, it } from "vitest";
import { createTestControlPlane, type TestControlPlane } from "./index.ts";

const ok = { success: true, message: "done" };
let plane: TestControlPlane;
afterEach(() => plane.stop());

/** A driver whose handler waits until its signal aborts, and notes why. */
function waiting(seen: unknown[], after = ok): Driver {
  return defineDriver({
    name: "builder",
    resources: ["app"],
    async reconcile({ signal, logger, attempt }) {
      logger.info(`attempt ${attempt} waits`);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      seen.push((signal.reason as { kind: string }).kind);
      return after;
    },
  });
}

async function start(...drivers: Driver[]): Promise<void> {
  plane = await createTestControlPlane({ drivers });
  await plane.define({ name: "app", schema: { type: "object" } });
}

const create = (spec: object = {}) => plane.apply({ name: "app-1", resource: "app", spec });

function driverOf(reconcile: (context: ReconcileContext) => unknown, name = "builder"): Driver {
  return { name, resources: ["app"], reconcile };
}

describe("a control plane in a test", () => {
  it("has a driver carry out a run, with its lines and its result", async () => {
    await start(
      driverOf(async ({ resource, event, logger, runId }) => {
        logger.log({ phase: "build" }, `${event} of ${resource.name}`);
        await logger.flush();
        logger.stream("stdout").end("from a child\n");
        return { success: true, message: "built", data: { spec: resource.spec, runId } };
      }),
    );
    const id = await create({ image: "one" });
    const run = await plane.run(id);
    expect(run).toMatchObject({ state: "succeeded", event: "create" });
    const data = { spec: { image: "one" }, runId: id };
    expect(run.steps[0]?.result).toEqual({ success: true, message: "built", data });
    const lines = await plane.lines(id);
    expect(lines).toMatchObject([
      { seq: 1, message: "create of app-1", labels: { phase: "build" } },
      { seq: 2, message: "from a child", stream: "stdout" },
    ]);
  });

  it("gives handlers a client that works, and later steps the results of earlier ones", async () => {
    const seen: unknown[] = [];
    await start(
      driverOf(async ({ client, runId }) => {
        seen.push((await client.runs.get(runId)).state);
        return { ...ok, data: 7 };
      }, "first"),
      driverOf(({ results }) => seen.push(results) && ok, "second"),
    );
    const steps = [
      { id: "one", driver: "first" },
      { id: "two", driver: "second" },
    ];
    await plane.pipeline({ name: "ci", resource: "app", steps });
    const id = await plane.apply({ name: "app-1", resource: "app", pipeline: "ci", spec: {} });
    expect((await plane.run(id)).state).toBe("succeeded");
    expect(seen).toEqual(["running", { one: { ...ok, data: 7 } }]);
  });

  it("updates what exists, and says so when that makes no run", async () => {
    await start(driverOf(({ event }) => ({ success: true, message: event })));
    await plane.run(await create({ n: 1 }));
    const run = await plane.run(await create({ n: 2 }));
    expect(run).toMatchObject({ event: "update", resource: { version: "2" } });
    await expect(create({ n: 2 })).rejects.toThrow(/there is no run/);
  });

  it("refuses what a server refuses", async () => {
    await start();
    await expect(plane.apply({ name: "x", resource: "none", spec: {} })).rejects.toMatchObject({
      status: 404,
      code: "definition_not_found",
    });
  });

  it("fails the run of a handler that throws", async () => {
    await start(
      driverOf(() => {
        throw new Error("no space left");
      }),
    );
    const run = await plane.run(await create());
    expect(run).toMatchObject({ state: "failed", steps: [{ message: "no space left" }] });
  });
});

describe("time in a test", () => {
  it("aborts a handler whose run is cancelled, without any passing", async () => {
    const seen: unknown[] = [];
    await start(waiting(seen));
    const id = await create();
    await plane.advance(0);
    await plane.client.runs.cancel(id);
    expect((await plane.run(id)).state).toBe("cancelled");
    expect(seen).toEqual(["user"]);
  });

  it("aborts a handler at its step's timeout, not before", async () => {
    const seen: unknown[] = [];
    await start(waiting(seen));
    const steps = [{ id: "build", driver: "builder", timeout: "30s" }];
    await plane.pipeline({ name: "ci", resource: "app", steps });
    const id = await plane.apply({ name: "app-1", resource: "app", pipeline: "ci", spec: {} });
    await plane.advance(29_000);
    expect(seen).toEqual([]);
    await plane.advance(2_000);
    expect((await plane.run(id)).state).toBe("timed_out");
    expect(seen).toEqual(["timeout"]);
  });

  it("does not part a connected handler from its lease, however long it takes", async () => {
    const seen: unknown[] = [];
    await start(waiting(seen));
    const id = await create();
    await plane.advance(10 * 60_000);
    expect(seen).toEqual([]);
    expect((await plane.client.runs.get(id)).steps[0]?.attempts).toHaveLength(1);
  });

  it("gives work up whose handler ignores that it was told to stop", async () => {
    let finish = (): void => {};
    await start(driverOf(() => new Promise((resolve) => (finish = () => resolve(ok)))));
    const id = await create();
    await plane.advance(0);
    await plane.client.runs.cancel(id);
    await plane.advance(11_000);
    const run = await plane.run(id);
    expect(run).toMatchObject({ state: "cancelled", steps: [{ attempts: [{ stuck: true }] }] });
    finish();
  });

  it("gives the work of a lost instance to another, and tells the first one when it is back", async () => {
    const seen: unknown[] = [];
    await start();
    const first = await plane.connect(waiting(seen));
    const id = await create();
    await plane.advance(0);
    await first.disconnect();
    await plane.connect(driverOf(({ attempt }) => ({ success: true, message: `try ${attempt}` })));
    await plane.advance(9_000);
    expect((await plane.client.runs.get(id)).state).toBe("running");
    await plane.advance(2_000);
    const run = await plane.run(id);
    expect(run.steps[0]?.attempts.map(({ outcome }) => outcome)).toEqual(["lost", "succeeded"]);
    expect(run.steps[0]?.result?.message).toBe("try 2");
    await first.connect();
    await plane.advance(0);
    expect(seen).toEqual(["lease_lost"]);
    expect(first.running).toBe(0);
  });

  it("lets an instance that comes back in time go on, with lines from before and after", async () => {
    await start();
    let goOn = (): void => {};
    const came = new Promise<void>((resolve) => (goOn = resolve));
    const driver = driverOf(async ({ logger }) => {
      logger.info("before");
      await came;
      logger.info("after");
      return ok;
    });
    const instance = await plane.connect(driver);
    const id = await create();
    await plane.advance(0);
    await instance.disconnect();
    goOn();
    await plane.advance(8_000);
    await instance.connect();
    const run = await plane.run(id);
    expect(run).toMatchObject({ state: "succeeded", steps: [{ attempts: [{ number: 1 }] }] });
    expect((await plane.lines(id)).map(({ message }) => message)).toEqual(["before", "after"]);
  });

  it("delivers again what an instance that stops did not finish", async () => {
    const seen: unknown[] = [];
    await start();
    const first = await plane.connect(waiting(seen, { success: false, message: "interrupted" }));
    const id = await create();
    await plane.advance(0);
    await first.stop();
    expect(seen).toEqual(["shutdown"]);
    await plane.connect(driverOf(() => ok));
    const run = await plane.run(id);
    expect(run.steps[0]?.attempts.map(({ outcome }) => outcome)).toEqual(["lost", "succeeded"]);
  });

  it("runs a delete run where the driver asked for it", async () => {
    await start();
    const events: string[] = [];
    const driver = driverOf(({ event }) => events.push(event) && ok);
    await plane.connect(driver, { events: ["create", "delete"] });
    await plane.run(await create());
    const { runId } = await plane.client.resources.delete({ kind: "app", name: "app-1" });
    expect((await plane.run(runId ?? "")).state).toBe("succeeded");
    expect(events).toEqual(["create", "delete"]);
    const { items } = await plane.client.resources.list().page();
    expect(items).toEqual([]);
  });

  it("leaves no wake-up behind when it stops", async () => {
    await start(driverOf(() => ok));
    await plane.run(await create());
    await plane.stop();
    expect(plane.clock.pending).toBe(0);
  });
});
