import { describe, expect, it } from "vitest";
import WebSocket from "ws";
import { eventually } from "./harness/eventually.ts";
import { type FrameSchemas, fetchFrameSchemas } from "./harness/frame-schemas.ts";
import { useWorld, type World } from "./harness/world.ts";

type Frame = ReturnType<typeof JSON.parse>;

/** What a programmer knows who has read /asyncapi.json and nothing else. */
interface Instance {
  /** Sends a frame, which has to be one that is described. */
  say(frame: Frame): void;
  /** The next frame; it has to be one that is described, and of this type. */
  hear(type: string): Promise<Frame>;
  readonly closed: Promise<number>;
  cut(): void;
}

async function open(world: World, schemas: FrameSchemas): Promise<Instance> {
  const socket = new WebSocket(`${world.server.url.replace("http", "ws")}/drivers/connect`);
  world.scope.own(() => socket.terminate());
  const frames: Frame[] = [];
  let heard = 0;
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  socket.on("message", (data: Buffer) => frames.push(JSON.parse(data.toString())));
  socket.on("error", () => undefined);
  await eventually(() => socket.readyState === WebSocket.OPEN);
  return {
    closed,
    say: (frame) => {
      expect(schemas.issues(frame), JSON.stringify(frame)).toEqual([]);
      expect(schemas.sent.has(frame.type)).toBe(true);
      socket.send(JSON.stringify(frame));
    },
    hear: async (type) => {
      const bound = { withinMs: 5_000, what: `a frame after ${JSON.stringify(frames)}: ${type}` };
      const frame = await eventually(() => frames[heard], bound);
      heard += 1;
      expect(schemas.issues(frame), JSON.stringify(frame)).toEqual([]);
      expect(schemas.received.has(frame.type)).toBe(true);
      expect(frame.type, JSON.stringify(frame)).toBe(type);
      return frame;
    },
    cut: () => socket.terminate(),
  };
}

/** A frame with what its schema requires, and with what is to be said. */
function built(schemas: FrameSchemas, type: string, said: Frame): Frame {
  const { properties, required = [] } = schemas.sent.get(type) as Frame;
  const frame: Frame = {};
  for (const name of required) frame[name] = properties[name].const ?? exampleOf(properties[name]);
  return { ...frame, ...said };
}

function exampleOf(schema: Frame): unknown {
  switch (schema.type) {
    case "integer":
    case "number":
      return schema.minimum ?? 0;
    case "boolean":
      return true;
    case "array":
      return [];
    case "string":
      return "";
    default:
      return null;
  }
}

function linesOf(...messages: readonly string[]): Frame[] {
  const timestamp = new Date().toISOString();
  return messages.map((message) => ({ timestamp, level: "info", message, labels: {} }));
}

describe("a driver written from /asyncapi.json alone", () => {
  const world = useWorld("bare");
  const hello = { protocol: [1], driver: "builder", resources: ["work"], instance: "bare-1" };

  it("works: hello, welcome, assign, log, logged, result, recorded", async () => {
    const { url } = await world.startServer();
    const schemas = await fetchFrameSchemas(url);
    const id = await world.create("app-1");
    const instance = await open(world, schemas);
    instance.say(built(schemas, "hello", { ...hello, boot: "b-1" }));
    expect(await instance.hear("welcome")).toMatchObject({ protocol: 1, leases: [] });
    const assign = await instance.hear("assign");
    expect(assign).toMatchObject({ runid: id, attempt: 1, event: "create", results: {} });
    const { lease } = assign;
    instance.say(built(schemas, "log", { lease, lines: linesOf("one", "two") }));
    expect(await instance.hear("logged")).toMatchObject({ lease, received: 2 });
    instance.say(built(schemas, "progress", { leases: [lease] }));
    instance.say(built(schemas, "result", { lease, lines: 2, message: "done", data: { n: 1 } }));
    expect(await instance.hear("recorded")).toMatchObject({ lease });
    instance.say(built(schemas, "goodbye", {}));
    expect(await instance.closed).toBe(1000);
    const run = await world.ended(id);
    expect(run.steps[0]).toMatchObject({ state: "succeeded", result: { data: { n: 1 } } });
    expect((await world.lines(id)).map(({ message }) => message)).toEqual(["one", "two"]);
  });

  it("P6: sends again after a reconnect what was not acknowledged, and it counts once", async () => {
    const { url } = await world.startServer();
    const schemas = await fetchFrameSchemas(url);
    const id = await world.create("app-1");
    const first = await open(world, schemas);
    first.say(built(schemas, "hello", { ...hello, boot: "b-1" }));
    await first.hear("welcome");
    const { lease, step } = await first.hear("assign");
    first.say(built(schemas, "log", { lease, lines: linesOf("one") }));
    await first.hear("logged");
    first.say(built(schemas, "log", { lease, first: 1, lines: linesOf("two") }));
    first.cut();
    await first.closed;
    const second = await open(world, schemas);
    const leases = [{ lease, runid: id, step }];
    second.say(built(schemas, "hello", { ...hello, boot: "b-1", leases }));
    const welcome = await second.hear("welcome");
    expect(welcome.leases).toEqual([{ lease, state: "held", received: expect.any(Number) }]);
    const { received } = welcome.leases[0];
    // A gap is refused, and the answer says where to go on.
    second.say(built(schemas, "log", { lease, first: received + 5, lines: linesOf("gap") }));
    expect(await second.hear("refused")).toMatchObject({ lease, code: "lines_missing", received });
    second.say(built(schemas, "log", { lease, first: 0, lines: linesOf("one", "two", "three") }));
    expect(await second.hear("logged")).toMatchObject({ received: 3 });
    second.say(built(schemas, "result", { lease, lines: 4 }));
    expect(await second.hear("refused")).toMatchObject({ code: "lines_missing", received: 3 });
    const result = built(schemas, "result", { lease, lines: 3 });
    second.say(result);
    await second.hear("recorded");
    second.say(result);
    // Said again it is acknowledged again, and counts once.
    await second.hear("recorded");
    await world.ended(id);
    expect((await world.lines(id)).map(({ message }) => message)).toEqual(["one", "two", "three"]);
  });

  it("is told what is wrong: a lease of others, a cancelled run, a frame that is none", async () => {
    const { url } = await world.startServer();
    const schemas = await fetchFrameSchemas(url);
    const id = await world.create("app-1");
    const instance = await open(world, schemas);
    instance.say(built(schemas, "hello", { ...hello, boot: "b-1" }));
    await instance.hear("welcome");
    const { lease } = await instance.hear("assign");
    instance.say(built(schemas, "log", { lease: lease + 1_000, lines: linesOf("x") }));
    expect(await instance.hear("lost")).toMatchObject({ lease: lease + 1_000, code: "lease_lost" });
    await world.client.runs.cancel(id);
    expect(await instance.hear("cancel")).toMatchObject({ lease, reason: "user" });
    instance.say(built(schemas, "result", { lease, success: false, message: "stopped" }));
    await instance.hear("recorded");
    expect(await world.ended(id)).toMatchObject({ state: "cancelled" });
    instance.say(built(schemas, "hello", { ...hello, boot: "b-1" }));
    expect(await instance.hear("error")).toMatchObject({ code: "invalid_frame" });
    expect(await instance.closed).toBe(4400);
    const other = await open(world, schemas);
    other.say(built(schemas, "hello", { ...hello, boot: "b-2", protocol: [7] }));
    expect(await other.hear("error")).toMatchObject({ code: "protocol_unsupported" });
  });
});
