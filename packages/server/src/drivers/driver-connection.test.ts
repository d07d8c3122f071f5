import { MAX_FRAME_BYTES } from "@conveyor-ci/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BUILDER, openSocket, startTestApi, type TestApi } from "../testing/test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
  await api.call("POST /resource-definitions/", { name: "app", schema: true });
});
afterEach(() => api.stop());

const create = (name: string) => api.call("POST /resources/", { name, resource: "app", spec: {} });
const line = { timestamp: "2026-01-01T00:00:00.000Z", level: "info", message: "m", labels: {} };
const welcomed = async (more: object = {}) => {
  const instance = await api.connect({ ...BUILDER, ...more });
  const welcome = await instance.next("welcome");
  return { instance, welcome };
};

describe("what a connection refuses, with an error frame and a close", () => {
  it.each([
    ["no JSON", "{", "invalid_frame"],
    ["no object", "[]", "invalid_frame"],
    ["an unknown frame", { type: "helo" }, "invalid_frame"],
    ["another frame before hello", { type: "draining" }, "invalid_frame"],
    ["a hello without resources", { type: "hello", protocol: [1] }, "invalid_frame"],
    [
      "a version that it does not speak",
      { type: "hello", protocol: [99], instance: "i", boot: "b", ...BUILDER },
      "protocol_unsupported",
    ],
    [
      "an unknown event",
      { type: "hello", protocol: [1], instance: "i", boot: "b", ...BUILDER, events: ["remove"] },
      "invalid_frame",
    ],
    [
      "a driver by a name that is reserved",
      { type: "hello", protocol: [1], instance: "i", boot: "b", ...BUILDER, driver: "connect" },
      "invalid_frame",
    ],
    ["a frame that is too large", `{"x":"${"x".repeat(MAX_FRAME_BYTES)}"}`, "frame_too_large"],
  ])("is %s", async (_, frame, code) => {
    const instance = await openSocket(api.url, "/drivers/connect");
    instance.send(frame);
    expect(await instance.next("error")).toMatchObject({ code, message: expect.any(String) });
    expect((await instance.closed).code).not.toBe(1000);
    expect((await api.call("GET /health")).status).toBe(200);
  });

  it("is a second hello, and binary frames", async () => {
    const { instance } = await welcomed();
    instance.send({ type: "hello", protocol: [1], instance: "i", boot: "b", ...BUILDER });
    expect(await instance.next("error")).toMatchObject({ code: "invalid_frame" });
    const other = await openSocket(api.url, "/drivers/connect");
    other.ws.send(Buffer.from("{}"), { binary: true });
    expect(await other.next("error")).toMatchObject({ code: "invalid_frame" });
  });

  it("is told in few words, however long it is, and leases in a number that is bounded", async () => {
    for (const frame of [
      { type: "x".repeat(500_000) },
      { type: Array.from({ length: 100_000 }, () => 1) },
      {
        type: "hello",
        protocol: [1],
        instance: "i",
        boot: "b",
        ...BUILDER,
        events: ["y".repeat(500_000)],
      },
    ]) {
      const instance = await openSocket(api.url, "/drivers/connect");
      instance.send(frame);
      const { code, message } = await instance.next("error");
      expect(code).toBe("invalid_frame");
      expect(message.length).toBeLessThan(1_000);
    }
    const { instance } = await welcomed();
    const leases = Array.from({ length: 2_001 }, (_, index) => index + 1);
    instance.send({ type: "progress", leases, lagMs: 0 });
    expect(await instance.next("error")).toMatchObject({ code: "invalid_frame" });
  });

  it("is a second live process with the same instance name", async () => {
    await welcomed();
    const second = await api.connect({ ...BUILDER, boot: "b-2" });
    expect(await second.next("error")).toMatchObject({ code: "instance_in_use" });
    expect((await second.closed).code).toBe(4409);
  });
});

describe("what a lease reports", () => {
  it("is counted once, and refused where something is missing", async () => {
    const { instance } = await welcomed();
    await create("a");
    const { lease } = await instance.next("assign");
    instance.send({ type: "log", lease, first: 0, lines: [line, line] });
    expect(await instance.next("logged")).toMatchObject({ received: 2 });
    instance.send({ type: "log", lease, first: 0, lines: [line, line] });
    expect(await instance.next("logged")).toMatchObject({ received: 2 });
    instance.send({ type: "log", lease, first: 3, lines: [line] });
    expect(await instance.next("refused")).toMatchObject({ lease, code: "lines_missing" });
    const result = { type: "result", lease, success: true, message: "", data: null };
    instance.send({ ...result, lines: 3 });
    expect(await instance.next("refused")).toMatchObject({ lease, code: "lines_missing" });
    instance.send({ ...result, lines: 2 });
    expect(await instance.next("recorded")).toEqual({ type: "recorded", lease });
  });

  it("comes in order, however many frames are under way", async () => {
    const { instance } = await welcomed();
    const { json } = await create("a");
    const { lease } = await instance.next("assign");
    const total = 5_000;
    for (let first = 0; first < total; first += 1) {
      instance.send({ type: "log", lease, first, lines: [{ ...line, message: String(first) }] });
    }
    let received = 0;
    while (received < total) ({ received } = await instance.next("logged"));
    const lines = (await api.call(`GET /logs?runid=${json.runid}`)).json;
    expect(lines.map(({ message }: { message: string }) => Number(message))).toEqual(
      Array.from({ length: total }, (_, index) => index),
    );
  });

  it("is kept with the labels that a line may have, where it has more, and says so", async () => {
    const { instance } = await welcomed();
    const { json } = await create("a");
    const { lease } = await instance.next("assign");
    const labels = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, "x"]));
    instance.send({ type: "log", lease, first: 0, lines: [{ ...line, labels: labels(70) }] });
    expect(await instance.next("logged")).toMatchObject({ received: 1 });
    const [stored] = (await api.call(`GET /logs?runid=${json.runid}`)).json;
    expect(stored.labels).toEqual({ ...labels(64), "conveyor.labels": "64 of 70" });
  });

  it("is lost for a token that the instance does not hold", async () => {
    const { instance } = await welcomed();
    instance.send({ type: "log", lease: 99, first: 0, lines: [line] });
    expect(await instance.next("lost")).toMatchObject({ lease: 99, code: "lease_lost" });
    instance.send({ type: "progress", leases: [98], lagMs: 0 });
    expect(await instance.next("lost")).toMatchObject({ lease: 98 });
  });

  it("fails the step run when the result is too large, naming the limit", async () => {
    const { instance } = await welcomed();
    const { json } = await create("a");
    const { lease } = await instance.next("assign");
    const data = "x".repeat(300_000);
    instance.send({ type: "result", lease, lines: 0, success: true, message: "", data });
    await instance.next("recorded");
    const run = (await api.call(`GET /runs/${json.runid}`)).json;
    expect(run).toMatchObject({ state: "failed", steps: [{ code: "result_too_large" }] });
    expect(run.steps[0].message).toContain("262144");
  });
});

describe("an instance that comes back", () => {
  it("resumes the leases it names, in either case, with the lines that are durable", async () => {
    const first = await welcomed();
    const { json } = await create("a");
    const { lease, step } = await first.instance.next("assign");
    first.instance.send({ type: "log", lease, first: 0, lines: [line] });
    await first.instance.next("logged");
    first.instance.ws.terminate();
    const leases = [{ lease, runid: json.runid.toUpperCase(), step }];
    const { instance, welcome } = await welcomed({ leases });
    expect(welcome.leases).toEqual([{ lease, state: "held", received: 1 }]);
    instance.send({ type: "result", lease, lines: 1, success: true, message: "", data: 1 });
    await instance.next("recorded");
    expect((await api.call(`GET /runs/${json.runid}`)).json.state).toBe("succeeded");
  });

  it("is told to stop what was cancelled", async () => {
    const { instance } = await welcomed();
    const { json } = await create("a");
    const { lease } = await instance.next("assign");
    await api.call(`POST /runs/${json.runid}/cancel`);
    expect(await instance.next("cancel")).toEqual({ type: "cancel", lease, reason: "user" });
    instance.send({ type: "result", lease, lines: 0, success: false, message: "", data: null });
    await instance.next("recorded");
    expect((await api.call(`GET /runs/${json.runid}`)).json.state).toBe("cancelled");
  });
});
