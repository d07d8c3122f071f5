import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Flags, readSettings } from "./settings.ts";

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "conveyor-settings-"));
});
afterEach(() => rmSync(cwd, { recursive: true }));

function read(from: { file?: string; env?: Record<string, string>; flags?: Flags }) {
  if (from.file !== undefined) writeFileSync(join(cwd, "conveyor.yaml"), from.file);
  return readSettings({ cwd, env: from.env ?? {} }, from.flags ?? {}, undefined);
}

describe("settings", () => {
  it("have defaults", () => {
    expect(read({})).toEqual({
      port: 8080,
      host: undefined,
      data: join(cwd, ".conveyor"),
      databaseUrl: undefined,
      insecure: false,
      allowedHosts: [],
      logLevel: "warn",
    });
  });

  it("are taken from flags before the environment before the file", () => {
    const file = "port: 1\ndata: file\nlog-level: info\nallowed-host: [a, b]\ninsecure: true\n";
    const env = { CONVEYOR_PORT: "2", CONVEYOR_DATA: "env" };
    const settings = read({ file, env, flags: { port: "3" } });
    expect(settings).toMatchObject({
      port: 3,
      data: join(cwd, "env"),
      logLevel: "info",
      allowedHosts: ["a", "b"],
      insecure: true,
    });
  });

  it("name the nearest known one where a key is unknown", () => {
    expect(() => read({ file: "host: x\nprot: 1\n" })).toThrow(
      expect.objectContaining({
        message: 'conveyor.yaml:2:1: unknown setting "prot"',
        hint: "did you mean port?",
        exitCode: 2,
      }),
    );
  });

  it.each([
    [{ flags: { port: "http" } }, /--port is "http"/],
    [{ env: { CONVEYOR_PORT: "70000" } }, /CONVEYOR_PORT is "70000"/],
    [{ file: "port: [1]" }, /conveyor.yaml:1:1: port is \[1\]/],
    [{ file: "port: 1\n  bad" }, /conveyor.yaml:/],
    [{ flags: { "log-level": "loud" } }, /--log-level is "loud", but must be one of debug/],
  ])("say where a wrong value stands: %o", (from, message) => {
    expect(() => read(from)).toThrow(message);
  });

  it("must have the file that was named", () => {
    expect(() => readSettings({ cwd, env: {} }, {}, "other.yaml")).toThrow(/other.yaml/);
  });
});
