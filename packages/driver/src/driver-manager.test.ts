import { afterEach, describe, expect, it } from "vitest";
import { DriverManager, defineDriver, ReconcileAborted, type ReconcileContext } from "./index.ts";
import { eventually } from "./testing/eventually.ts";
import {
  type ProtocolServer,
  type ServerOptions,
  startProtocolServer,
} from "./testing/protocol-server.ts";

type Reconcile = (context: ReconcileContext) => unknown;

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startServer(options: ServerOptions = {}): Promise<ProtocolServer> {
  const server = await startProtocolServer(options);
  stops.push(() => server.close());
  return server;
}

interface Started {
  readonly manager: DriverManager;
  readonly notices: string[];
  readonly end: Promise<unknown>;
}

function startDriver(
  server: { readonly url: string },
  reconcile: Reconcile,
  options: Readonly<Record<string, unknown>> = {},
): Started {
  const driver = defineDriver({
    name: "builder",
    resources: ["app"],
    reconcile: reconcile as never,
  });
  const notices: string[] = [];
  const notice = (message: string) => void notices.push(message);
  const manager = new DriverManager(driver, {
    server: server.url,
    instance: "test",
    drainMs: 0,
    notice,
    signal: new AbortController().signal,
    ...options,
  });
  const end = manager.run().then(
    () => "ended",
    (error: unknown) => error,
  );
  stops.push(() => manager.stop());
  return { manager, notices, end };
}

async function startBoth(reconcile: Reconcile, options: Readonly<Record<string, unknown>> = {}) {
  const server = await startServer();
  const started = startDriver(server, reconcile, options);
  await eventually(() => server.hellos.length > 0);
  return { server, ...started };
}

const ok = { success: true, message: "done", data: { n: 1 } };

/** A promise that the test settles. */
function gate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => void (open = resolve));
  return { open, opened };
}

describe("an instance and its server", () => {
  it("says in hello what it is and what it listens to", async () => {
    const { server } = await startBoth(() => ok, { events: ["*"], concurrency: 3 });
    expect(server.hellos[0]).toMatchObject({
      protocol: [1],
      driver: "builder",
      resources: ["app"],
      events: ["*"],
      instance: "test",
      concurrency: 3,
      leases: [],
    });
    expect(server.hellos[0]?.boot).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("gives reconcile what was assigned and the server what it answers", async () => {
    const seen: ReconcileContext[] = [];
    const { server } = await startBoth((context) => {
      seen.push(context);
      return ok;
    });
    const results = { checkout: { success: true, message: "", data: 7 } };
    server.assign(4, { step: "build", attempt: 2, event: "update", results });
    const result = await eventually(() => server.lease(4).result);
    expect(result).toEqual({ type: "result", lease: 4, lines: 0, ...ok });
    const [context] = seen;
    expect(context).toMatchObject({ runId: "run-4", step: "build", attempt: 2, fence: 4, results });
    expect(context).toMatchObject({ event: "update", resource: { name: "web", spec: { n: 1 } } });
    expect(context?.signal.aborted).toBe(false);
    expect(context?.client).toBeDefined();
  });

  it("stores the lines of a handler in order, before its result", async () => {
    const { server } = await startBoth(({ logger }) => {
      for (let i = 0; i < 5_000; i += 1) logger.log({ step: String(i) }, `line ${i}`);
      logger.warn("last", { n: 1 });
      return { success: true };
    });
    server.assign(1);
    expect(await eventually(() => server.lease(1).result)).toMatchObject({
      lines: 5_001,
      success: true,
      message: "",
      data: null,
    });
    const lines = server.lease(1).lines;
    expect(lines.slice(0, -1).map(({ message }) => message)).toEqual(
      Array.from({ length: 5_000 }, (_, i) => `line ${i}`),
    );
    expect(lines[7]).toMatchObject({ level: "info", labels: { step: "7" } });
    expect(lines.at(-1)).toMatchObject({ level: "warn", message: "last", labels: { n: "1" } });
  });

  it("carries lines and signs of life of a handler that blocks its event loop", async () => {
    const server = await startServer();
    server.progressMs = 50;
    // The server lives on this event loop as well, so the handler blocks one of its own.
    const { Worker } = await import("node:worker_threads");
    const { build } = await import("esbuild");
    const bundle = await build({
      stdin: {
        contents: `
          import { defineDriver, DriverManager } from "./index.ts";
          import { workerData } from "node:worker_threads";
          const driver = defineDriver({ name: "b", resources: ["app"], reconcile({ logger }) {
            logger.info("before");
            Atomics.wait(new Int32Array(workerData.gate), 0, 0);
            return { success: true };
          } });
          new DriverManager(driver, { server: workerData.server, notice() {},
            signal: new AbortController().signal }).run();`,
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      write: false,
      platform: "node",
      format: "cjs",
    });
    const held = new SharedArrayBuffer(4);
    const thread = new Worker(bundle.outputFiles[0]!.text, {
      eval: true,
      workerData: { server: server.url, gate: held },
    });
    stops.push(async () => void (await thread.terminate()));
    await eventually(() => server.hellos.length > 0);
    server.assign(1);
    await eventually(() => server.messages(1).includes("before"));
    await eventually(() =>
      server.progress.some(({ leases, lagMs }) => leases[0] === 1 && lagMs > 200),
    );
    expect(server.lease(1).result).toBeUndefined();
    Atomics.store(new Int32Array(held), 0, 1);
    Atomics.notify(new Int32Array(held), 0);
    await eventually(() => server.lease(1).result);
  });

  it("resumes its leases after a cut, with each line once and in order", async () => {
    const { open, opened } = gate();
    const { server } = await startBoth(async ({ logger }) => {
      for (let i = 0; i < 100; i += 1) logger.info(`a${i}`);
      await logger.flush();
      server.answers = false;
      for (let i = 0; i < 100; i += 1) logger.info(`b${i}`);
      await opened;
      for (let i = 0; i < 100; i += 1) logger.info(`c${i}`);
      return ok;
    });
    server.assign(9);
    await eventually(() =>
      server.frames.some(({ type, first }) => type === "log" && first === 100),
    );
    server.cut();
    server.answers = true;
    await eventually(() => server.hellos.length === 2);
    expect(server.hellos[1]?.leases).toEqual([{ lease: 9, runid: "run-9", step: "builder" }]);
    expect(server.hellos[1]?.boot).toBe(server.hellos[0]?.boot);
    open();
    expect(await eventually(() => server.lease(9).result)).toMatchObject({ lines: 300 });
    const expected = ["a", "b", "c"].flatMap((x) =>
      Array.from({ length: 100 }, (_, i) => `${x}${i}`),
    );
    expect(server.messages(9)).toEqual(expected);
  });

  it("sends a result again that was not acknowledged", async () => {
    const { server } = await startBoth(() => ok);
    server.answers = false;
    server.assign(2);
    await eventually(() => server.frames.some(({ type }) => type === "result"));
    server.answers = true;
    server.cut();
    await eventually(() => server.lease(2).result);
    server.cut();
    await eventually(() => server.hellos.length === 3);
    expect(server.hellos[2]?.leases).toEqual([]);
  });

  it("goes to another connection when the server drains, and keeps its work", async () => {
    const { open, opened } = gate();
    const { server } = await startBoth(async () => {
      await opened;
      return ok;
    });
    server.assign(3);
    server.send({ type: "drain" });
    await eventually(() => server.hellos.length === 2);
    expect(server.hellos[1]?.leases).toMatchObject([{ lease: 3 }]);
    open();
    await eventually(() => server.lease(3).result);
  });

  it("starts one handler for a lease that is assigned twice", async () => {
    let calls = 0;
    const { open, opened } = gate();
    const { server } = await startBoth(async () => {
      calls += 1;
      await opened;
      return ok;
    });
    server.assign(5);
    server.assign(5);
    open();
    await eventually(() => server.lease(5).result);
    expect(calls).toBe(1);
  });

  it("sends lines again from the first that the server says is missing", async () => {
    const { open, opened } = gate();
    const { server } = await startBoth(async ({ logger }) => {
      logger.info("one");
      logger.info("two");
      await opened;
      logger.info("three");
      return ok;
    });
    server.answers = false;
    server.assign(6);
    await eventually(() => server.frames.some(({ type }) => type === "log"));
    server.answers = true;
    open();
    await eventually(() => server.lease(6).result);
    expect(server.messages(6)).toEqual(["one", "two", "three"]);
  });

  it("waits for a server that is not there, and says so once", async () => {
    const first = await startProtocolServer();
    await first.close();
    const { notices } = startDriver({ url: first.url }, () => ok);
    await eventually(() => notices.length > 0);
    const server = await startServer({ port: first.port });
    await eventually(() => server.hellos.length > 0);
    await eventually(() => notices.length === 2);
    expect(notices[0]).toContain(`waiting for the server at ${first.url}`);
    expect(notices[1]).toBe(`connected to ${first.url}`);
  });

  it("gives up when another process has its instance name, and says what to do", async () => {
    const helloError = { code: "instance_in_use", message: "instance test is taken" };
    const server = await startServer({ helloError });
    const { end } = startDriver(server, () => ok);
    const error = await end;
    expect(error).toMatchObject({ code: "instance_in_use", hint: expect.stringContaining("name") });
    expect(server.hellos).toHaveLength(1);
  });
});

describe("a handler", () => {
  it("is told why its work is no longer wanted", async () => {
    const reasons: unknown[] = [];
    const { server } = await startBoth(async ({ signal, logger }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      reasons.push(signal.reason);
      logger.info("cleaning up");
      throw signal.reason;
    });
    server.assign(1);
    server.send({ type: "cancel", lease: 1, reason: "timeout" });
    expect(await eventually(() => server.lease(1).result)).toMatchObject({ code: "driver_error" });
    expect(reasons[0]).toBeInstanceOf(ReconcileAborted);
    expect(reasons[0]).toMatchObject({ kind: "timeout" });
    expect(server.messages(1)).toEqual(["cleaning up"]);
  });

  it("is told of a cancellation that came while the connection was away", async () => {
    const { server } = await startBoth(async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return { success: false, message: (signal.reason as ReconcileAborted).kind };
    });
    server.assign(1);
    await eventually(() => server.progress.some(({ leases }) => leases.includes(1)));
    server.lease(1).cancelling = "user";
    server.cut();
    expect(await eventually(() => server.lease(1).result)).toMatchObject({ message: "user" });
  });

  it("is told when its lease is lost, and nothing it says afterwards is sent", async () => {
    const { open, opened } = gate();
    let kind: unknown;
    let flushed: unknown;
    const { server } = await startBoth(async ({ signal, logger }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      kind = (signal.reason as ReconcileAborted).kind;
      logger.info("too late");
      flushed = await logger.flush().catch((error: unknown) => error);
      open();
      return ok;
    });
    server.assign(1);
    await eventually(() => server.progress.some(({ leases }) => leases.includes(1)));
    server.lease(1).isLost = true;
    server.cut();
    await opened;
    expect(kind).toBe("lease_lost");
    expect(flushed).toMatchObject({ code: "lease_lost" });
    server.lease(2);
    server.assign(2);
    await eventually(() => server.progress.some(({ leases }) => leases.includes(2)));
    expect(server.frames.filter(({ type }) => type === "log" || type === "result")).toEqual([]);
  });

  it("fails its step run when it throws, and its log has the stack", async () => {
    const { server } = await startBoth(async () => {
      throw new TypeError("no such image");
    });
    server.assign(1);
    const result = await eventually(() => server.lease(1).result);
    expect(result).toMatchObject({
      success: false,
      code: "driver_error",
      message: "no such image",
    });
    expect(server.lease(1).lines[0]).toMatchObject({ level: "error" });
    expect(server.messages(1)[0]).toMatch(/TypeError: no such image\n +at /);
  });

  it.each([
    ["nothing", () => undefined, "result_missing"],
    ["something else", () => "fine", "driver_error"],
    ["a circle", () => ({ success: true, data: circle() }), "driver_error"],
    ["a deep nest", () => ({ success: true, data: nest(200) }), "driver_error"],
    ["too much", () => ({ success: true, data: "x".repeat(300_000) }), "result_too_large"],
  ])("that returns %s fails its step run", async (_what, reconcile, code) => {
    const { server } = await startBoth(reconcile);
    server.assign(1);
    const result = await eventually(() => server.lease(1).result);
    expect(result).toMatchObject({ success: false, code });
    if (code === "result_too_large") expect(result?.message).toContain("262144");
    expect(result?.message).not.toMatch(/\n +at .*\.[jt]s/);
  });

  it("meets log_spool_full when the server takes no lines", async () => {
    const { server } = await startBoth(
      ({ logger }) => {
        server.answers = false;
        for (;;) logger.info("x".repeat(100_000));
      },
      { spoolBytes: 2 * 1024 ** 2 },
    );
    server.assign(1);
    await eventually(() => server.frames.some(({ type }) => type === "log"));
    server.answers = true;
    server.cut();
    const result = await eventually(() => server.lease(1).result);
    expect(result).toMatchObject({ success: false, code: "log_spool_full" });
    const isWhole = (text: string): boolean => text === "x".repeat(100_000);
    expect(server.messages(1).filter(isWhole)).toHaveLength(20);
  });

  it("slows down what it pipes into a stream instead of losing lines", async () => {
    const total = 100;
    const { server } = await startBoth(
      async ({ logger }) => {
        const stream = logger.stream("stdout", { tool: "make" });
        for (let i = 0; i < total; i += 1) stream.write(`${i} ${"x".repeat(60_000)}\r\n`);
        await new Promise<void>((resolve) => stream.end("no newline", resolve));
        return ok;
      },
      { spoolBytes: 2 * 1024 ** 2 },
    );
    server.assign(1);
    expect(await eventually(() => server.lease(1).result)).toMatchObject({ lines: total + 1 });
    expect(server.messages(1).map((text) => text.split(" ")[0])).toEqual([
      ...Array.from({ length: total }, (_, i) => String(i)),
      "no",
    ]);
    expect(server.lease(1).lines[0]).toMatchObject({ stream: "stdout", labels: { tool: "make" } });
    expect(server.messages(1)[0]?.endsWith("x")).toBe(true);
  });

  it("may log after its result, which is told once and stored never", async () => {
    let late: () => void = () => {};
    const { server, notices } = await startBoth(({ logger }) => {
      late = () => logger.info("late");
      return ok;
    });
    server.assign(1);
    await eventually(() => server.lease(1).result);
    late();
    late();
    expect(notices.filter((notice) => notice.includes("after its result"))).toHaveLength(1);
    expect(server.messages(1)).toEqual([]);
  });
});

describe("a stop", () => {
  it("takes no new work, waits for handlers, delivers their results and says goodbye", async () => {
    const { open, opened } = gate();
    const { server, manager, end } = await startBoth(
      async ({ logger }) => {
        await opened;
        logger.info("still here");
        return ok;
      },
      { drainMs: 60_000 },
    );
    server.assign(1);
    await eventually(() => server.progress.some(({ leases }) => leases.includes(1)));
    const stopped = manager.stop();
    await eventually(() => server.frames.some(({ type }) => type === "draining"));
    open();
    await stopped;
    expect(await end).toBe("ended");
    expect(server.lease(1).result).toMatchObject({ lines: 1 });
    expect(server.frames.at(-1)).toEqual({ type: "goodbye" });
  });

  it("aborts handlers that take too long, and gives back what does not succeed then", async () => {
    let kind: unknown;
    const { server, manager } = await startBoth(async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      kind = (signal.reason as ReconcileAborted).kind;
      throw signal.reason;
    });
    server.assign(1);
    await eventually(() => server.progress.some(({ leases }) => leases.includes(1)));
    await manager.stop();
    expect(kind).toBe("shutdown");
    expect(server.lease(1).result).toBeUndefined();
    expect(server.frames.at(-1)).toEqual({ type: "goodbye" });
  });

  it("is what the option signal asks for, also before the server is there", async () => {
    const stopping = new AbortController();
    const { end } = startDriver({ url: "http://127.0.0.1:9" }, () => ok, {
      signal: stopping.signal,
    });
    stopping.abort();
    expect(await end).toBe("ended");
  });
});

function nest(levels: number): unknown {
  return levels === 0 ? "[{" : [nest(levels - 1)];
}

function circle(): unknown {
  const ring: Record<string, unknown> = {};
  ring["self"] = ring;
  return ring;
}
