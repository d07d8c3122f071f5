/** The built program, as a process, against a server of which the test says what it answers. */
import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const PROGRAM = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const ID = "019ab4e2-0000-7000-8000-000000000001";
const RUN = {
  id: ID,
  state: "succeeded",
  event: "create",
  resource: { kind: "app", name: "app-1", version: "1" },
  pipeline: null,
  parent: null,
  actor: "anonymous",
  createdAt: "2026-01-01T00:00:00.000Z",
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: "2026-01-01T00:00:01.000Z",
  steps: [],
  why: [
    {
      code: "driver_unknown",
      message: "no driver named builder has ever connected",
      since: "2026-01-01T00:00:00.000Z",
    },
  ],
};
const LINE = { seq: 1, driver: "d", step: "d", level: "info", message: "hello", labels: {} };

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let handler: Handler = () => undefined;
let server: Server;
let url: string;

beforeEach(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => handler(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function conveyor(args: readonly string[], input = ""): Promise<Ended> {
  const env = { ...process.env, CONVEYOR_SERVER: url, FORCE_COLOR: "" };
  const child = spawn(process.execPath, [PROGRAM, ...args], { env });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out, err };
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function events(response: ServerResponse, state: string): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(`id: 1\ndata: ${JSON.stringify(LINE)}\n\n`);
  response.end(`event: end\ndata: ${JSON.stringify({ runid: ID, state })}\n\n`);
}

const RESOURCE = "kind: Resource\nresource: app\nname: app-1\nspec:\n  size: x\n";

describe("exit codes", () => {
  it("0: it is done", async () => {
    handler = (_request, response) => json(response, { items: [RUN], next: null });
    const { code, out } = await conveyor(["get", "runs"]);
    expect(code).toBe(0);
    expect(out.split("\n")[1]).toContain(`${ID}  succeeded  create  app/app-1@1`);
    expect(out).not.toContain("\u001b");
  });

  it.each([
    ["succeeded", 0],
    ["failed", 1],
    ["cancelled", 1],
    ["timed_out", 1],
  ])("a followed run that %s: %i", async (state, expected) => {
    handler = (_request, response) => events(response, state);
    const { code, out } = await conveyor(["logs", ID, "-f"]);
    expect(out).toBe("d | hello\n");
    expect(code).toBe(expected);
  });

  it("a followed run that failed says why, by its steps", async () => {
    const steps = [
      { id: "test", driver: "d", state: "failed", code: "driver_failed", message: "1 of 3 failed" },
      { id: "deploy", driver: "e", state: "skipped", message: "step test failed" },
    ];
    handler = (request, response) =>
      request.url?.startsWith("/logs/")
        ? events(response, "failed")
        : json(response, { ...RUN, state: "failed", steps });
    const { code, err } = await conveyor(["logs", ID, "-f"]);
    expect(code).toBe(1);
    expect(err).toBe(
      `run ${ID} failed\n  step test (driver d) failed: 1 of 3 failed (driver_failed)\n` +
        "  step deploy (driver e) skipped: step test failed\n",
    );
  });

  it.each([
    [["gte"], /unknown command 'gte'[^]*Did you mean get/],
    [["get"], /missing required argument 'kind'\nhint: `conveyor get --help` shows the usage/],
    [["get", "app", "a", "--limit", "1"], /--limit does not go with the name of one/],
    [["delete", "run", ID], /runs are history and stay\nhint: `conveyor run cancel/],
    [["get", "runs", "--limit", "none"], /--limit/],
    [["get", "drivers", "--state", "failed"], /--state does not go with drivers/],
    [["apply", "-f", "missing.yaml"], /missing.yaml cannot be read: there is no such file/],
    [["get", "runs", "-o", "xml"], /Allowed choices are table, json, yaml/],
    [["get", "runs", "--server", "localhost:8080"], /localhost:8080/],
  ])("2: wrong usage of %j", async (args, message) => {
    const { code, out, err } = await conveyor(args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(out).toBe("");
  });

  it("2: a document that cannot be read is named by line and column", async () => {
    const { code, err } = await conveyor(["apply", "-f", "-"], "kind: Resource\nspec: [1\n");
    expect(code).toBe(2);
    expect(err).toMatch(/^error: stdin:3:1: /);
  });

  it("3: no server answers", async () => {
    const { code, err } = await conveyor(["get", "runs", "--server", "http://127.0.0.1:1"]);
    expect(code).toBe(3);
    expect(err).toMatch(/^error: http:\/\/127.0.0.1:1 cannot be reached[^]*\nhint: /);
  });

  it("4: the server refuses, and what it says is told", async () => {
    handler = (_request, response) =>
      json(response, { code: "run_not_found", detail: "there is no run x", requestId: "q" }, 404);
    const { code, err } = await conveyor(["run", "get", "x"]);
    expect(code).toBe(4);
    expect(err).toBe(
      "error: there is no run x (run_not_found, request q)\nhint: `conveyor get runs` lists them\n",
    );
  });
});

describe("a word that was mistyped", () => {
  it("is told, where it is a noun", async () => {
    handler = (_request, response) =>
      json(response, { code: "definition_not_found", detail: "there is no kind rns" }, 404);
    const { code, err } = await conveyor(["get", "rns"]);
    expect(code).toBe(4);
    expect(err).toContain("hint: did you mean runs?");
  });

  it("is told, where it is a driver of the run", async () => {
    const steps = [{ id: "test", driver: "tester", state: "running", attempts: [] }];
    handler = (_request, response) => json(response, { ...RUN, steps });
    for (const more of [[], ["-f"]]) {
      const { code, err } = await conveyor(["logs", ID, "--driver", "testr", ...more]);
      expect(code).toBe(4);
      expect(err).toBe(
        `error: driver testr has no part in run ${ID}\nhint: its drivers are tester\n`,
      );
    }
  });
});

describe("apply", () => {
  it("creates what is not there, and tells the run", async () => {
    const bodies: unknown[] = [];
    handler = (request, response, body) => {
      if (request.method === "GET") return json(response, { code: "resource_not_found" }, 404);
      bodies.push(JSON.parse(body));
      json(response, { message: "", name: "app-1", runid: ID, version: "1" }, 201);
    };
    const { code, out } = await conveyor(["apply", "-f", "-"], RESOURCE);
    expect(code).toBe(0);
    expect(out).toBe(`app/app-1 created (run ${ID})\n`);
    expect(bodies).toEqual([{ resource: "app", name: "app-1", spec: { size: "x" } }]);
  });

  it("changes what is there, definitions before what needs them", async () => {
    const asked: string[] = [];
    handler = (request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (request.url?.startsWith("/resource-definitions")) {
        response.setHeader("conveyor-outcome", "unchanged");
        return json(response, { name: "app" }, 201);
      }
      const version = request.method === "GET" ? "1" : "2";
      response.setHeader("run-id", ID);
      json(response, { name: "app-1", metadata: { version } });
    };
    const input = `${RESOURCE}---\nkind: ResourceDefinition\nname: app\nschema: {}\n`;
    const { code, out } = await conveyor(["apply", "-f", "-", "-o", "json"], input);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([
      { kind: "ResourceDefinition", name: "app", outcome: "unchanged" },
      { kind: "app", name: "app-1", outcome: "changed", runid: ID },
    ]);
    expect(asked).toEqual([
      "POST /resource-definitions/apply",
      "GET /resources/app/app-1",
      "PUT /resources/app/app-1",
    ]);
  });

  it("names the line of the file that the server refuses, and tells what was done before", async () => {
    handler = (request, response) => {
      if (request.method === "GET") return json(response, { code: "resource_not_found" }, 404);
      if (request.url === "/resource-definitions/apply")
        return json(response, { name: "app" }, 201);
      const issues = [{ path: "/spec/size", rule: "type", message: "must be a number" }];
      json(response, { code: "invalid_spec", detail: "the spec is wrong", issues }, 400);
    };
    const input = `kind: ResourceDefinition\nname: app\nschema: {}\n---\n${RESOURCE}`;
    const { code, out, err } = await conveyor(["apply", "-f", "-"], input);
    expect(code).toBe(4);
    expect(out).toBe("ResourceDefinition/app changed\n");
    expect(err).toContain("error: stdin:5:1: the spec is wrong (invalid_spec)");
    expect(err).toContain("stdin:9:3 /spec/size: must be a number (type)");
  });

  it("with --follow exits with the outcome of the run", async () => {
    handler = (request, response) => {
      if (request.url?.startsWith("/logs/")) return events(response, "failed");
      if (request.method === "GET") return json(response, { code: "resource_not_found" }, 404);
      json(response, { message: "", name: "app-1", runid: ID, version: "1" }, 201);
    };
    const { code, out } = await conveyor(["apply", "--follow", "-f", "-"], RESOURCE);
    expect(code).toBe(1);
    expect(out).toContain("d | hello\n");
    expect(out).toContain(`app/app-1 failed (run ${ID})\n`);
  });
});

describe("output", () => {
  it("is one JSON document, as on the wire", async () => {
    handler = (_request, response) => json(response, { items: [RUN], next: "c" });
    const { out, err } = await conveyor(["get", "runs", "-o", "json"]);
    expect(JSON.parse(out)).toEqual({ items: [RUN], next: "c" });
    expect(err).toBe("");
  });

  it("has the members that programs rely on", { timeout: 30_000 }, async () => {
    const cases: readonly (readonly [string, Handler, unknown])[] = [
      [
        "delete app app-1",
        (_request, response) => response.writeHead(204, { "run-id": ID }).end(),
        { kind: "app", name: "app-1", outcome: "deleting", runid: ID },
      ],
      [
        "delete drivers d",
        (_request, response) => response.writeHead(204).end(),
        { kind: "drivers", name: "d", outcome: "forgotten" },
      ],
      [
        `explain ${ID}`,
        (_request, response) => json(response, RUN),
        { id: ID, state: RUN.state, why: RUN.why, steps: [] },
      ],
      [
        "health",
        (_request, response) => json(response, { status: "ok" }),
        { server: url, healthy: true, ready: true },
      ],
    ];
    for (const [line, answer, expected] of cases) {
      handler = answer;
      const { code, out } = await conveyor([...line.split(" "), "-o", "json"]);
      expect([line, code, JSON.parse(out)]).toEqual([line, 0, expected]);
    }
  });

  it("of logs is one line of JSON for each line", async () => {
    handler = (_request, response) =>
      response.end(`${JSON.stringify(LINE)}\n${JSON.stringify(LINE)}\n`);
    const { out } = await conveyor(["logs", ID, "-o", "json"]);
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([LINE, LINE]);
  });

  it("of a rerun that is followed is one document, with the state it ended in", async () => {
    handler = (request, response) =>
      request.method === "POST"
        ? json(response, { runid: ID, parent: "p" }, 201)
        : events(response, "failed");
    const { code, out } = await conveyor(["run", "rerun", "p", "--follow", "-o", "json"]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({ runid: ID, parent: "p", state: "failed" });
  });

  it("of explain says who works on it, where nothing holds it up", async () => {
    const attempts = [
      { number: 2, instance: "host-1", startedAt: RUN.startedAt, finishedAt: null, outcome: null },
    ];
    const steps = [{ id: "build", driver: "builder", state: "running", attempts }];
    handler = (_request, response) =>
      json(response, { ...RUN, state: "running", finishedAt: null, steps, why: [] });
    const { out } = await conveyor(["explain", ID]);
    expect(out).toMatch(/^step build \(driver builder\) runs for \S+ on host-1, attempt 2$/m);
  });

  it("of explain says why, in words", async () => {
    handler = (_request, response) =>
      json(response, { ...RUN, state: "pending", finishedAt: null });
    const { out } = await conveyor(["explain", ID]);
    expect(out).toContain("no driver named builder has ever connected");
  });

  it("tells where to go on when there is more", async () => {
    handler = (_request, response) => json(response, { items: [RUN], next: "c2" });
    expect((await conveyor(["get", "runs"])).err).toContain("--cursor c2");
  });
});
