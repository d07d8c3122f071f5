import { mkdtempSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStorage } from "@conveyor-ci/storage-sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type ControlPlane, createControlPlane } from "./control-plane.ts";
import type { ControlPlaneOptions } from "./control-plane-options.ts";

let closers: (() => Promise<unknown>)[];
beforeEach(() => {
  closers = [];
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
});

function build(options: Partial<ControlPlaneOptions> = {}): ControlPlane {
  const storage = openSqliteStorage({ directory: mkdtempSync(join(tmpdir(), "conveyor-plane-")) });
  const plane = createControlPlane({
    storage,
    logs: storage.logs,
    port: 0,
    logLevel: "silent",
    ...options,
  });
  closers.push(
    async () => storage.close(),
    () => plane.stop(),
  );
  return plane;
}

/** With headers that `fetch` does not let through. */
function send(url: string, method: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", reject);
    request.end(method === "POST" ? "{}" : undefined);
  });
}

describe("listening", () => {
  it("is on both loopback addresses and one port", async () => {
    const { url, port } = await build().listen();
    expect(url).toBe(`http://127.0.0.1:${port}`);
    for (const host of ["127.0.0.1", "[::1]"]) {
      expect((await fetch(`http://${host}:${port}/health`)).status).toBe(200);
    }
  });

  it("is refused on other addresses without authentication, saying what to do", async () => {
    const failure = build({ host: "0.0.0.0" }).listen();
    await expect(failure).rejects.toMatchObject({
      code: "unsafe_address",
      hint: expect.stringContaining("--insecure"),
    });
    await expect(build({ host: "0.0.0.0", insecure: true }).listen()).resolves.toBeDefined();
  });

  it("says clearly that the port is in use", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    closers.push(() => new Promise((resolve) => other.close(resolve)));
    const { port } = other.address() as { port: number };
    await expect(build({ port }).listen()).rejects.toMatchObject({
      code: "address_in_use",
      message: expect.stringContaining(String(port)),
    });
  });
});

describe("a server without authentication", () => {
  const json = { "content-type": "application/json" };

  it("answers only to loopback and configured names", async () => {
    const { url } = await build({ allowedHosts: ["ci.example.com"] }).listen();
    expect(await send(`${url}/runs`, "GET", { host: "localhost" })).toBe(200);
    expect(await send(`${url}/runs`, "GET", { host: "ci.example.com" })).toBe(200);
    expect(await send(`${url}/runs`, "GET", { host: "evil.com" })).toBe(403);
  });

  it("refuses mutations and WebSockets from other origins, also of another port and null", async () => {
    const { url } = await build({ allowedOrigins: ["https://ui.example.com"] }).listen();
    const post = (origin: string) =>
      send(`${url}/resource-definitions`, "POST", { ...json, origin });
    expect(await post(url)).toBe(400);
    expect(await post("https://ui.example.com")).toBe(400);
    for (const origin of ["http://127.0.0.1:1", "null", "http://evil.com"]) {
      expect(await post(origin)).toBe(403);
      const ws = new WebSocket(`${url.replace("http", "ws")}/drivers/connect`, { origin });
      await expect(new Promise((_, reject) => ws.on("error", reject))).rejects.toThrow("403");
    }
    expect(await send(`${url}/runs`, "GET", { origin: "http://evil.com" })).toBe(200);
  });

  it("sends CORS headers to configured origins only", async () => {
    const { url } = await build({ allowedOrigins: ["https://ui.example.com"] }).listen();
    const asked = (origin: string) =>
      fetch(`${url}/runs`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "PUT" },
      });
    const allowed = await asked("https://ui.example.com");
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-methods")).toContain("PUT");
    const other = await asked("https://evil.com");
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("authentication", () => {
  const options: Partial<ControlPlaneOptions> = {
    authenticate: ({ headers }) => (headers.authorization === "me" ? { name: "me" } : null),
  };

  it("is asked for on every route but the probes, also before an upgrade", async () => {
    const { url } = await build(options).listen();
    for (const path of ["/", "/runs", "/logs", "/metrics", "/none", "/changes"]) {
      expect((await fetch(url + path)).status).toBe(401);
    }
    for (const path of ["/health", "/ready/"]) expect((await fetch(url + path)).status).toBe(200);
    const ws = new WebSocket(`${url.replace("http", "ws")}/drivers/connect`);
    await expect(new Promise((_, reject) => ws.on("error", reject))).rejects.toThrow("401");
  });

  it("makes the principal the actor of what is changed", async () => {
    const { url } = await build(options).listen();
    const headers = { authorization: "me", "content-type": "application/json" };
    const body = JSON.stringify({ name: "app", schema: true });
    await fetch(`${url}/resource-definitions/`, { method: "POST", headers, body });
    const changes = await (await fetch(`${url}/changes`, { headers })).json();
    expect(changes).toMatchObject({ items: [{ actor: "me", noun: "definition" }] });
  });
});

describe("requests that are not as they should be", () => {
  it.each([
    ["GET", "/nothing", 404, "not_found"],
    ["PATCH", "/runs", 405, "method_not_allowed"],
    ["DELETE", "/resource-definitions/", 405, "method_not_allowed"],
    ["GET", "/runs/%zz", 400, "invalid_request"],
    ["GET", `/runs/${"x".repeat(2_000)}`, 404, "not_found"],
  ])("%s %s is answered with a problem document", async (...[method, path, status, code]) => {
    const { url } = await build().listen();
    const response = await fetch(url + path, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    const problem = (await response.json()) as { readonly hint?: string };
    expect(problem).toMatchObject({ code, status, error: expect.any(String) });
    const allow = response.headers.get("allow");
    if (status === 405) expect(problem.hint).toBe(`it takes ${allow}`);
    else expect(allow).toBeNull();
  });

  it.each([
    ["text/plain", "{}", 415, "unsupported_media_type"],
    ["application/json", "{", 400, "invalid_json"],
    ["application/json", "", 400, "invalid_request"],
    ["application/json", "[".repeat(200) + "]".repeat(200), 400, "invalid_request"],
    ["application/json", "x".repeat(5 * 1024 ** 2), 413, "body_too_large"],
  ])("a body of %s is refused where it must be", async (...[type, body, status, code]) => {
    const { url } = await build().listen();
    const headers = { "content-type": type };
    const response = await fetch(`${url}/resources/`, { method: "POST", headers, body });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });

  it("bytes that are no HTTP are answered and closed", async () => {
    const { port } = await build().listen();
    const text = await new Promise<string>((resolve) => {
      const socket = connectSocket(port, "127.0.0.1", () => socket.write("hello\r\n\r\n"));
      let answer = "";
      socket.on("data", (data) => {
        answer += data.toString();
      });
      socket.on("close", () => resolve(answer));
    });
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    expect(text).toContain('"code":"invalid_request"');
  });

  it("an upgrade to something else than WebSocket is an ordinary request", async () => {
    const { url } = await build().listen();
    const headers = { connection: "upgrade", upgrade: "h2c" };
    expect(await send(`${url}/health`, "GET", headers)).toBe(200);
    const json = { ...headers, "content-type": "application/json" };
    expect(await send(`${url}/resources`, "POST", json)).toBe(400);
  });
});

describe("a host", () => {
  it("adds routes of its own behind the same gates", async () => {
    const { url } = await build({
      routes: (app) => {
        app.get("/own/:id", (request) => ({ actor: request.principal.name }));
      },
    }).listen();
    expect(await (await fetch(`${url}/own/1/`)).json()).toEqual({ actor: "anonymous" });
    expect(await send(`${url}/own/1`, "GET", { host: "evil.com" })).toBe(403);
    expect((await fetch(`${url}/own/1`, { method: "POST" })).headers.get("allow")).toContain("GET");
  });
});

describe("what describes the server", () => {
  it("is there: OpenAPI, AsyncAPI, the page, metrics", async () => {
    const { url } = await build().listen();
    const openApi = (await (await fetch(`${url}/openapi.json`)).json()) as {
      openapi: string;
      paths: object;
    };
    expect(openApi.openapi).toBe("3.1.0");
    expect(Object.keys(openApi.paths)).toContain("/resources/{kind}/{name}/{version}");
    expect(await (await fetch(`${url}/swagger/doc.json`)).json()).toEqual(openApi);
    expect(await (await fetch(`${url}/asyncapi.json`)).json()).toMatchObject({ asyncapi: "3.0.0" });
    expect(await (await fetch(`${url}/swagger/index.html`)).text()).toContain("<!doctype html>");
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const labels = 'method="GET",endpoint="/openapi.json",status_code="200"';
    expect(metrics).toContain(`http_requests_total{${labels}} 1`);
    expect(metrics).toContain("http_requests_in_flight 1");
    expect(metrics).toContain("conveyor_commit_seconds_count");
  });
});

describe("stopping", () => {
  it("ends streams and idle connections, and may be asked for twice", async () => {
    const plane = build();
    const { url, port } = await plane.listen();
    const unused = connectSocket(port, "127.0.0.1");
    await new Promise((resolve) => unused.once("connect", resolve));
    const changes = await fetch(`${url}/changes`, { headers: { accept: "text/event-stream" } });
    const started = performance.now();
    await Promise.all([plane.stop(), plane.stop()]);
    expect(performance.now() - started).toBeLessThan(5_000);
    await changes.text();
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });

  it("is legal before listening", async () => {
    await build().stop();
  });
});
