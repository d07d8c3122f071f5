import { describe, expect, it } from "vitest";
import { connectRaw, greetRaw, rawLines } from "./harness/raw-instance.ts";
import { useWorld } from "./harness/world.ts";

describe("the driver protocol on the bare wire", () => {
  const world = useWorld("protocol");
  const hello = { driver: "builder", boot: "first" };

  it("P6: counts what is sent again once, trims overlaps and refuses gaps", async () => {
    const { url } = await world.startServer();
    const id = await world.create("app-1");
    const { raw } = await greetRaw(world.scope, url, hello);
    const { lease, step } = await raw.next("assign");
    const log = (first: number, ...messages: readonly string[]) =>
      raw.send({ type: "log", lease, first, lines: rawLines(...messages) });
    log(0, "a", "b");
    expect(await raw.next("logged")).toMatchObject({ lease, received: 2 });
    log(0, "a", "b");
    expect(await raw.next("logged")).toMatchObject({ received: 2 });
    log(1, "b", "c", "d");
    expect(await raw.next("logged")).toMatchObject({ received: 4 });
    log(6, "g");
    expect(await raw.next("refused")).toMatchObject({ lease, code: "lines_missing" });
    const result = {
      type: "result",
      lease,
      success: true,
      message: "done",
      data: { n: 1 },
    } as const;
    // P6: a result is durable only after all lines before it.
    raw.send({ ...result, lines: 5 });
    expect(await raw.next("refused")).toMatchObject({ lease, code: "lines_missing" });
    raw.send({ ...result, lines: 4 });
    expect(await raw.next("recorded")).toMatchObject({ lease });
    raw.drop();
    const leases = [{ lease, runid: id, step }];
    const back = await greetRaw(world.scope, url, { ...hello, leases });
    expect(back.welcome.leases).toEqual([{ lease, state: "recorded" }]);
    back.raw.send({ ...result, lines: 4, message: "again" });
    expect(await back.raw.next("recorded")).toMatchObject({ lease });
    const run = await world.ended(id);
    expect(run.steps[0]).toMatchObject({ message: "done", result: { data: { n: 1 } } });
    expect((await world.lines(id)).map(({ seq, message }) => `${seq} ${message}`)).toEqual([
      "1 a",
      "2 b",
      "3 c",
      "4 d",
    ]);
  });

  it.each([
    ["no JSON", "{"],
    ["binary frames", Buffer.from([0, 1, 2])],
    ["a frame that nobody knows", JSON.stringify({ type: "dance" })],
    ["a frame before hello", JSON.stringify({ type: "goodbye" })],
    ["a hello without a driver", JSON.stringify({ type: "hello", protocol: [1] })],
    [
      "a protocol of another time",
      JSON.stringify({
        type: "hello",
        protocol: [99],
        driver: "builder",
        resources: ["work"],
        instance: "raw",
        boot: "b",
      }),
    ],
    ["a frame above 1 MiB", JSON.stringify({ type: "hello", driver: "b".repeat(1024 ** 2) })],
  ])("P9: answers %s with an error frame, closes, and goes on", async (_name, text) => {
    const { url } = await world.startServer();
    const raw = await connectRaw(world.scope, url);
    raw.sendText(text);
    const error = await raw.next("error");
    expect(error.code).toMatch(/^(invalid_frame|protocol_unsupported|frame_too_large)$/);
    expect(error.message).not.toBe("");
    expect(await raw.closed).toBeGreaterThanOrEqual(1000);
    const { welcome } = await greetRaw(world.scope, url, hello);
    expect(welcome).toMatchObject({ protocol: 1, leases: [] });
  });
});
