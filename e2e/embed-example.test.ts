import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ApiError, type Client, createClient } from "@conveyor-ci/client";
import { isRunEnded } from "@conveyor-ci/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { examplesOf } from "../scripts/docs/markdown.ts";
import { eventually } from "./harness/eventually.ts";
import { findFreePort } from "./harness/free-port.ts";
import { ROOT } from "./harness/root.ts";
import { createScope, type Scope } from "./harness/scope.ts";

const ADA = { authorization: "Bearer ada-secret" };

describe("the host in examples/embed", () => {
  let scope: Scope;
  let host: ReturnType<Scope["start"]>;
  let url: string;
  let ada: Client;

  beforeEach(async () => {
    scope = createScope("embed");
    const env = { PORT: String(await findFreePort()), DATA: join(scope.directory, "data") };
    host = scope.start({ command: ["node", "examples/embed/host.mjs"], cwd: ROOT, env });
    url = (await host.line(/^listening on (\S+)$/))[1]!;
    ada = createClient({ server: url, headers: ADA });
    scope.own(async () => {
      host.signal("SIGTERM");
      expect(await host.exit).toEqual({ code: 0, signal: null });
    });
  });
  afterEach(() => scope.close());

  function startDriver() {
    const command = ["node", "examples/embed/driver.mjs"];
    return scope.start({ command, cwd: ROOT, env: { CONVEYOR_SERVER: url } });
  }

  it("answers nobody without a token, neither at the API nor at its own route", async () => {
    for (const path of ["/runs/", "/authors/app"]) {
      for (const headers of [{}, { authorization: "Bearer guessed" }]) {
        const response = await fetch(url + path, { headers });
        expect(response.status).toBe(401);
        expect(response.headers.get("content-type")).toContain("application/problem+json");
        expect(await response.json()).toMatchObject({ status: 401, code: "unauthenticated" });
      }
    }
    await expect(createClient({ server: url }).runs.list().page()).rejects.toBeInstanceOf(ApiError);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it("shows who did it: in the run, in the version, in the feed", async () => {
    startDriver();
    await ada.definitions.apply({ name: "app", schema: { type: "object" } });
    const app = { name: "first", resource: "app", spec: {} };
    const { runid } = await ada.resources.create(app);
    const run = await eventually(async () => {
      const seen = await ada.runs.get(runid!);
      return isRunEnded(seen.state) && seen;
    });
    expect(run).toMatchObject({ state: "succeeded", actor: "ada" });

    const own = await fetch(`${url}/authors/app`, { headers: ADA });
    expect(await own.json()).toEqual({ asked: "ada", authors: { first: "ada" } });

    const { items } = await ada.changes.list().page();
    const actors = items.map(({ noun, what, actor }) => `${noun} ${what} by ${actor}`);
    expect(actors).toEqual(
      expect.arrayContaining([
        "definition created by ada",
        "resource created by ada",
        "run pending by ada",
        "run succeeded by driver:builder",
      ]),
    );
  });

  it.each(["SIGINT", "SIGTERM"] as const)("stops cleanly on %s", async (signal) => {
    host.signal(signal);
    expect(await host.exit).toEqual({ code: 0, signal: null });
  });

  it("is the code of the guide, to the letter", () => {
    const files = examplesOf("docs/guides/embed.md").filter(({ mark }) => mark.startsWith("file:"));
    expect(files.map(({ mark }) => mark)).toEqual(["file: host.mjs", "file: driver.mjs"]);
    for (const { mark, code } of files) {
      const file = join(ROOT, "examples/embed", mark.slice("file: ".length));
      expect(code).toBe(readFileSync(file, "utf8"));
    }
  });
});
