import { describe, expect, it, vi } from "vitest";
import { DriverManager, defineDriver } from "./index.ts";
import { type DriverManagerOptions, parseOptions } from "./manager-options.ts";

describe("the options of a driver manager", () => {
  it("are complete when none is given", () => {
    const settings = parseOptions({ server: "http://127.0.0.1:8080" });
    expect(settings).toMatchObject({
      concurrency: 10,
      spoolBytes: 64 * 1024 ** 2,
      drainMs: 30_000,
    });
    expect(settings.url).toBe("ws://127.0.0.1:8080/drivers/connect");
    expect(settings.instance).toContain(String(process.pid));
  });

  it.each([
    ["https://ci.example.com/base/", "wss://ci.example.com/base/drivers/connect"],
    ["ws://localhost:9000", "ws://localhost:9000/drivers/connect"],
    ["http://[::1]:8080", "ws://[::1]:8080/drivers/connect"],
  ])("make of %s the address to connect to", (server, url) => {
    expect(parseOptions({ server }).url).toBe(url);
  });

  it("say who the driver is by CONVEYOR_TOKEN, unless a header says it", () => {
    vi.stubEnv("CONVEYOR_TOKEN", "secret");
    try {
      expect(parseOptions({}).headers).toEqual({ authorization: "Bearer secret" });
      const headers = { Authorization: "Basic eA==" };
      expect(parseOptions({ headers }).headers).toEqual({ authorization: "Basic eA==" });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it.each<[string, DriverManagerOptions]>([
    ["server", { server: "ftp://example.com" }],
    ["server", { server: "not an address" }],
    ["concurrency", { concurrency: 0 }],
    ["concurrency", { concurrency: 1.5 }],
    ["spoolBytes", { spoolBytes: 10 }],
    ["instance", { instance: "a b" }],
    ["instance", { instance: "" }],
    ["events", { events: ["created"] }],
    ["events", { events: "create" as never }],
    ["drainMs", { drainMs: -1 }],
    ["headers", { headers: { "not a name": "value" } }],
  ])("are refused when %s is wrong, with what it may be", (name, options) => {
    const driver = defineDriver({
      name: "d",
      resources: ["app"],
      reconcile: () => ({ success: true }),
    });
    const make = (): unknown => new DriverManager(driver, options);
    expect(make).toThrow(expect.objectContaining({ code: "invalid_options" }));
    expect(make).toThrow(new RegExp(`^${name} cannot be .*\\(.+\\)$`));
  });
});

describe("a driver", () => {
  const reconcile = () => ({ success: true });

  it.each([
    ["a name that is none", { name: "-", resources: ["app"], reconcile }],
    ["a name that is reserved", { name: "connect", resources: ["app"], reconcile }],
    ["no kinds", { name: "d", resources: [], reconcile }],
    ["a kind that is no name", { name: "d", resources: ["a b"], reconcile }],
    ["a kind twice", { name: "d", resources: ["app", "app"], reconcile }],
    ["no reconcile", { name: "d", resources: ["app"] }],
    ["nothing", {}],
  ])("with %s is refused when it is made", (_what, definition) => {
    expect(() => defineDriver(definition as never)).toThrow(
      expect.objectContaining({ code: "invalid_options" }),
    );
  });
});
