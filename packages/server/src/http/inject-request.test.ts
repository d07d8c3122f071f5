import { MemoryStorage } from "@conveyor-ci/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ControlPlane, createControlPlane } from "../control-plane.ts";

const SERVER = "http://localhost";
const JSON_TYPE = { "content-type": "application/json" };

describe("a request without a socket", () => {
  let plane: ControlPlane;
  beforeEach(() => {
    plane = createControlPlane({ storage: new MemoryStorage(), logLevel: "silent" });
  });
  afterEach(() => plane.stop());

  const post = (path: string, body: unknown) =>
    plane.fetch(SERVER + path, {
      method: "POST",
      headers: JSON_TYPE,
      body: JSON.stringify(body),
    });

  it("is refused before the control plane has started", async () => {
    await expect(plane.fetch(`${SERVER}/health`)).rejects.toThrow("has not been started");
  });

  it("is answered with status, headers and body, as over a socket", async () => {
    await plane.start();
    const made = await post("/resource-definitions/", { name: "app", schema: true });
    expect(made.status).toBe(201);
    expect(await made.json()).toMatchObject({ name: "app" });
    const refused = await post("/resources/", { name: "a", resource: "none", spec: {} });
    expect(refused.status).toBe(404);
    expect(refused.headers.get("content-type")).toContain("application/problem+json");
    expect(await refused.json()).toMatchObject({ code: "definition_not_found" });
    const gone = await plane.fetch(`${SERVER}/resource-definitions/app`, { method: "DELETE" });
    expect([gone.status, gone.body]).toEqual([204, null]);
  });

  it("passes the same gates", async () => {
    await plane.start();
    expect((await plane.fetch("http://rebound.example/runs/")).status).toBe(403);
  });

  it("gets a stream as it is written, until it is called off", async () => {
    await plane.start();
    const stopping = new AbortController();
    const { signal } = stopping;
    const headers = { accept: "text/event-stream" };
    const changes = await plane.fetch(`${SERVER}/changes?after=0`, { headers, signal });
    const reader = changes.body!.pipeThrough(new TextDecoderStream()).getReader();
    await post("/resource-definitions/", { name: "app", schema: true });
    let seen = "";
    while (!seen.includes('"name":"app"')) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the stream ended after ${seen}`);
      seen += value;
    }
    stopping.abort();
    const rest = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    await expect(rest()).rejects.toThrow();
  });
});
