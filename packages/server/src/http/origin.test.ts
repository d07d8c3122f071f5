import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { hostName, isLoopback, OriginGate } from "./origin.ts";

const request = (headers: Record<string, string>) =>
  ({ headers, socket: {} }) as unknown as IncomingMessage;

describe("the Host rule", () => {
  const gate = new OriginGate({ allowedHosts: ["CI.example.com"], allowedOrigins: [] });

  it.each(["localhost:8080", "127.0.0.1", "127.9.9.9:1", "[::1]:8080", "a.localhost", "LOCALHOST"])(
    "lets loopback names pass: %s",
    (host) => expect(() => gate.assertHost(request({ host }))).not.toThrow(),
  );

  it("lets configured names pass, with any port", () => {
    expect(() => gate.assertHost(request({ host: "ci.example.com:8080" }))).not.toThrow();
  });

  it.each(["evil.com", "127.0.0.1.evil.com", "localhost.evil.com", "192.168.0.1", "[::2]", ""])(
    "refuses others: %s",
    (host) =>
      expect(() => gate.assertHost(request({ host }))).toThrow(/does not answer|names no Host/),
  );

  it("is off with authentication", () => {
    const open = new OriginGate({ allowedHosts: null, allowedOrigins: [] });
    expect(() => open.assertHost(request({ host: "any.example.com" }))).not.toThrow();
  });
});

describe("the Origin rule", () => {
  const gate = new OriginGate({ allowedHosts: [], allowedOrigins: ["https://ui.example.com"] });
  const host = "localhost:8080";

  it("lets its own pages, configured ones and those without Origin pass", () => {
    for (const origin of ["http://localhost:8080", "https://ui.example.com"]) {
      expect(() => gate.assertOrigin(request({ host, origin }))).not.toThrow();
    }
    expect(() => gate.assertOrigin(request({ host }))).not.toThrow();
  });

  it.each(["http://localhost:3000", "http://evil.com", "null", "https://localhost:8080"])(
    "refuses others, also another port and null: %s",
    (origin) =>
      expect(() => gate.assertOrigin(request({ host, origin }))).toThrow(/are not allowed/),
  );
});

it("names are read from Host headers without port, dot and case", () => {
  expect(hostName("LocalHost.:80")).toBe("localhost");
  expect(hostName("[::1]:80")).toBe("::1");
  expect(isLoopback("::1")).toBe(true);
});
