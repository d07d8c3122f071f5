/** The built program, as a process: the commands that ask no server. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const PROGRAM = fileURLToPath(new URL("../dist/main.js", import.meta.url));

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "conveyor-cli-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, stdio: "pipe" });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    said.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said.err += chunk;
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, ...said })),
  );
  const listening = new Promise<string>((resolve, reject) => {
    child.stdout.on("data", () => {
      const url = /^listening on (\S+)\n/m.exec(said.out)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.on("close", () => reject(new Error(said.err)));
  });
  listening.catch(() => undefined);
  return { child, ended, listening };
}

describe("up", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "says where it listens, and %s stops it",
    { timeout: 30_000 },
    async (signal) => {
      const { child, ended, listening } = start(["up", "--port", "0"]);
      const url = await listening;
      expect((await fetch(`${url}/health`)).status).toBe(200);
      child.kill(signal);
      expect(await ended).toMatchObject({ code: 0, out: `listening on ${url}\n` });
      expect(existsSync(join(cwd, ".conveyor"))).toBe(true);
    },
  );

  describe("where the port is taken", () => {
    let holder: Server;
    afterEach(() => new Promise((resolve) => holder.close(resolve)));

    it("says so, and how to choose another", { timeout: 30_000 }, async () => {
      holder = createServer();
      await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
      const { port } = holder.address() as { port: number };
      const { code, out, err } = await start(["up", "--port", `${port}`]).ended;
      expect(code).toBe(2);
      expect(out).toBe("");
      expect(err).toContain(`error: port ${port} is taken`);
      expect(err).toContain(`--port ${port + 1}`);
    });
  });

  it("refuses a setting that it does not know", async () => {
    writeFileSync(join(cwd, "conveyor.yaml"), "prot: 0\n");
    const { code, err } = await start(["up"]).ended;
    expect(code).toBe(2);
    expect(err).toContain('conveyor.yaml:1:1: unknown setting "prot"\nhint: did you mean port?');
  });

  it("refuses the address of a database, by flag or by environment, with a hint", async () => {
    const url = "postgres://127.0.0.1/conveyor";
    const flag = await start(["up", "--port", "0", "--database-url", url]).ended;
    writeFileSync(join(cwd, "conveyor.yaml"), `database-url: ${url}\n`);
    const file = await start(["up", "--port", "0"]).ended;
    for (const { code, out, err } of [flag, file]) {
      expect([code, out]).toEqual([2, ""]);
      expect(err).toContain("PostgreSQL is not supported yet\nhint: leave out");
      expect(err).not.toContain(url);
    }
    expect(existsSync(join(cwd, ".conveyor"))).toBe(false);
  });

  it("refuses other addresses where nobody is authenticated", async () => {
    const { code, err } = await start(["up", "--port", "0", "--host", "0.0.0.0"]).ended;
    expect(code).toBe(2);
    expect(err).toContain("--insecure");
  });
});

describe("new driver", () => {
  it("makes a project that names its driver and kind", async () => {
    expect((await start(["new", "driver", "builder", "--resource", "image"]).ended).code).toBe(0);
    const read = (path: string) => readFileSync(join(cwd, "builder", path), "utf8");
    expect(JSON.parse(read("package.json"))).toMatchObject({ name: "builder" });
    expect(read("src/driver.ts")).toContain('name: "builder",\n  resources: ["image"],');
    expect(read("definition.yaml")).toContain('name: "image"');
  });

  it("refuses a name that no driver can have", async () => {
    const { code, err } = await start(["new", "driver", "connect"]).ended;
    expect([code, err]).toEqual([2, expect.stringContaining("no driver can be named connect")]);
    expect(existsSync(join(cwd, "connect"))).toBe(false);
  });

  it("overwrites nothing", async () => {
    writeFileSync(join(cwd, "file"), "");
    expect(await start(["new", "driver", "."]).ended).toMatchObject({ code: 2 });
  });
});

describe("completion", () => {
  it("offers bash the words that may come next", async () => {
    const { out } = await start(["completion", "bash"]).ended;
    const complete = (...words: string[]) =>
      execFileSync(
        "bash",
        [
          "-c",
          `${out}\nCOMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")})
COMP_CWORD=${words.length - 1}
_conveyor; echo "\${COMPREPLY[@]}"`,
        ],
        { cwd },
      )
        .toString()
        .trim()
        .split(" ");
    expect(complete("conveyor", "ap")).toEqual(["apply"]);
    expect(complete("conveyor", "run", "")).toContain("cancel");
    expect(complete("conveyor", "get", "r")).toEqual(["runs", "resources"]);
    expect(complete("conveyor", "get", "runs", "r")).not.toContain("runs");
    expect(complete("conveyor", "get", "runs", "--state", "c")).toEqual([
      "cancelling",
      "cancelled",
    ]);
    expect(complete("conveyor", "--server", "run", "get", "runs", "-o", "")).toEqual([
      "table",
      "json",
      "yaml",
    ]);
    expect(complete("conveyor", "completion", "")).toContain("zsh");
    writeFileSync(join(cwd, "app.yaml"), "");
    expect(complete("conveyor", "apply", "-f", "ap")).toEqual(["app.yaml"]);
    expect(complete("conveyor", "logs", "--fo")).toEqual(["--follow"]);
  });

  it("is known for each shell that it offers", async () => {
    for (const shell of ["zsh", "fish"]) {
      expect((await start(["completion", shell]).ended).out).toContain("apply");
    }
  });
});
