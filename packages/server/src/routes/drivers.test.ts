import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUILDER, startTestApi, type TestApi } from "../testing/test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.call("POST /resource-definitions/", { name: "app", schema: true });
});
afterAll(() => api.stop());

describe("drivers", () => {
  it("are shown with their instances and what is queued", async () => {
    const instance = await api.connect({ ...BUILDER, concurrency: 3, events: ["*", "delete"] });
    await instance.next("welcome");
    const { json } = await api.call("GET /drivers/builder");
    expect(json).toMatchObject({
      name: "builder",
      resources: ["app"],
      events: ["create", "update", "delete"],
      queued: 0,
      instances: [{ instance: "i-1", connected: true, concurrency: 3, running: 0 }],
    });
    expect((await api.call("GET /drivers/")).json.items).toEqual([json]);
    const connected = await api.call("DELETE /drivers/builder");
    expect([connected.status, connected.json.code]).toEqual([409, "driver_connected"]);
    instance.send({ type: "goodbye" });
    expect((await instance.closed).code).toBe(1000);
    expect((await api.call("DELETE /drivers/builder")).status).toBe(204);
    const gone = await api.call("GET /drivers/builder");
    expect([gone.status, gone.json.code]).toEqual([404, "driver_not_found"]);
  });

  it("get messages through the feed", async () => {
    const answer = await api.call("POST /drivers/broadcast-message", { message: "hello all" });
    expect([answer.status, answer.json]).toEqual([200, { message: "message published" }]);
    const { json } = await api.call("GET /changes?limit=1000");
    expect(json.items.at(-1)).toMatchObject({ noun: "message", actor: "anonymous" });
    expect(JSON.stringify(json.items.at(-1))).toContain("hello all");
    expect((await api.call("POST /drivers/broadcast-message", {})).status).toBe(400);
  });

  it("connect by WebSocket only", async () => {
    const answer = await api.call("GET /drivers/connect");
    expect([answer.status, answer.headers.get("upgrade")]).toEqual([426, "websocket"]);
  });
});

describe("the feed", () => {
  it("is read by position and page", async () => {
    const first = await api.call("GET /changes?limit=1");
    expect(first.json.items[0].position).toBe(1);
    const second = await api.call(`GET /changes?limit=1&cursor=${first.json.next}`);
    expect(second.json.items[0].position).toBe(2);
    expect((await api.call("GET /changes?after=1&limit=1")).json).toEqual(second.json);
    expect((await api.call("GET /changes?after=-1")).status).toBe(400);
  });

  it("is followed by server-sent events, from a position or the last id", async () => {
    const leave = new AbortController();
    const response = await fetch(`${api.url}/changes?after=0`, {
      headers: { accept: "text/event-stream", "last-event-id": "1" },
      signal: leave.signal,
    });
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toMatch(/^id: 2\ndata: \{"position":2,/);
    leave.abort();
  });
});
