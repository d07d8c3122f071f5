import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ApiError, type Client, createClient, UnreachableError } from "./index.ts";
import type { LogItem } from "./logs.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let server: Server | undefined;
let seen: string[] = [];

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
  seen = [];
});

/** A server of which the test says what it answers; it notes what it is asked. */
async function clientOf(handler: Handler, options: { timeoutMs?: number } = {}): Promise<Client> {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      seen.push(`${request.method} ${request.url}`);
      handler(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return createClient({ server: `http://127.0.0.1:${port}/`, ...options });
}

function json(response: ServerResponse, value: unknown, head: [number, object] = [200, {}]): void {
  response.writeHead(head[0], { "content-type": "application/json", ...head[1] });
  response.end(JSON.stringify(value));
}

function line(seq: number): string {
  return `id: ${seq}\ndata: ${JSON.stringify({ seq, message: `line ${seq}` })}\n\n`;
}

const END = 'event: end\ndata: {"runid":"r1","state":"succeeded"}\n\n';

async function collect(items: AsyncIterable<LogItem>): Promise<string[]> {
  const texts: string[] = [];
  for await (const item of items) {
    texts.push(item.kind === "line" ? item.line.message : `end ${item.state}`);
  }
  return texts;
}

describe("requests", () => {
  it("send the body and the version they expect, and answer the run of a change", async () => {
    let sent: unknown;
    const client = await clientOf((request, response, body) => {
      sent = [request.headers["if-match"], request.headers["content-type"], JSON.parse(body)];
      json(response, { name: "a" }, [200, { "run-id": "r1" }]);
    });
    const at = { kind: "resource-1", name: "a b" };
    const updated = await client.resources.update(at, { spec: 1 }, { ifMatch: "3" });
    expect(updated).toEqual({ resource: { name: "a" }, runId: "r1" });
    expect(sent).toEqual(['"3"', "application/json", { spec: 1 }]);
    expect(seen).toEqual(["PUT /resources/resource-1/a%20b"]);
  });

  it("answer whether they changed anything", async () => {
    const client = await clientOf((_request, response) =>
      json(response, { name: "p" }, [200, { "conveyor-outcome": "unchanged" }]),
    );
    const body = { name: "p", resource: "resource-1", steps: [] };
    expect(await client.pipelines.apply(body)).toEqual({
      pipeline: { name: "p" },
      outcome: "unchanged",
    });
  });

  it("throw what the problem document says", async () => {
    const client = await clientOf((_request, response) =>
      json(
        response,
        {
          code: "invalid_spec",
          detail: "the spec is wrong",
          hint: "mend it",
          issues: [{ path: "/spec/a", rule: "required", message: "is missing" }],
          requestId: "q1",
        },
        [400, { "content-type": "application/problem+json" }],
      ),
    );
    const body = { name: "a", resource: "resource-1", spec: {} };
    const error = await client.resources.create(body).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      code: "invalid_spec",
      status: 400,
      message: "the spec is wrong",
      hint: "mend it",
      issues: [{ path: "/spec/a", rule: "required", message: "is missing" }],
      requestId: "q1",
    });
  });

  it("name the status where a refusal is not Conveyor's", async () => {
    const client = await clientOf((_request, response) => response.writeHead(502).end("<html>"));
    await expect(client.runs.get("r1")).rejects.toMatchObject({ code: "http_502", status: 502 });
  });

  it("say where nothing answers", async () => {
    const client = createClient({ server: "http://127.0.0.1:1" });
    const error = await client.runs.get("r1").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({ code: "server_unreachable", url: "http://127.0.0.1:1" });
    expect((error as Error).message).toContain("http://127.0.0.1:1");
  });

  it("end when their time is over", async () => {
    const client = await clientOf(() => undefined, { timeoutMs: 50 });
    await expect(client.runs.get("r1")).rejects.toMatchObject({ timedOut: true });
    expect(seen).toHaveLength(1);
  });

  it("end with the reason of the caller's signal", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const client = await clientOf(() => controller.abort(reason));
    await expect(client.runs.get("r1", { signal: controller.signal })).rejects.toBe(reason);
  });

  it("refuse an address that is no URL", () => {
    expect(() => createClient({ server: "localhost:8080" })).toThrow(/localhost:8080/);
  });
});

describe("trying again", () => {
  it("is for reading, when the connection breaks", async () => {
    const client = await clientOf((request, response) =>
      seen.length < 3 ? request.socket.destroy() : json(response, { id: "r1" }),
    );
    expect(await client.runs.get("r1")).toEqual({ id: "r1" });
    expect(seen).toHaveLength(3);
  });

  it("is for reading, when the server says when to come back", async () => {
    const client = await clientOf((_request, response) =>
      seen.length < 2
        ? json(response, { code: "overloaded" }, [503, { "retry-after": "0" }])
        : json(response, { id: "r1" }),
    );
    expect(await client.runs.get("r1")).toEqual({ id: "r1" });
  });

  it("is never for what changes something", async () => {
    const client = await clientOf((request) => request.socket.destroy());
    await expect(client.runs.rerun("r1")).rejects.toBeInstanceOf(UnreachableError);
    expect(seen).toHaveLength(1);
  });

  it("has an end", async () => {
    const client = await clientOf((request) => request.socket.destroy());
    await expect(client.runs.get("r1")).rejects.toBeInstanceOf(UnreachableError);
    expect(seen).toHaveLength(3);
  });
});

describe("lists", () => {
  it("are iterated over all their pages", async () => {
    const client = await clientOf((request, response) =>
      json(
        response,
        request.url?.includes("cursor=c2")
          ? { items: [{ id: "3" }], next: null }
          : { items: [{ id: "1" }, { id: "2" }], next: "c2" },
      ),
    );
    const ids: string[] = [];
    for await (const run of client.runs.list({ state: "failed", limit: 2 })) ids.push(run.id);
    expect(ids).toEqual(["1", "2", "3"]);
    expect(seen).toEqual([
      "GET /runs?state=failed&limit=2",
      "GET /runs?state=failed&limit=2&cursor=c2",
    ]);
  });

  it("give one page when asked for it", async () => {
    const client = await clientOf((_request, response) =>
      json(response, { items: [{ name: "d" }], next: "c2" }),
    );
    expect(await client.drivers.list().page()).toEqual({ items: [{ name: "d" }], next: "c2" });
  });
});

describe("following a log", () => {
  it("yields each line and then the end", async () => {
    const client = await clientOf((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`: hello\n\n${line(1)}${line(2)}${END}`);
    });
    const items = await collect(client.logs.follow({ runId: "r1", driver: "d" }));
    expect(items).toEqual(["line 1", "line 2", "end succeeded"]);
    expect(seen).toEqual(["GET /logs/streams/d/r1"]);
  });

  it("goes on where a broken connection ended, without gap or double", async () => {
    const cursors: unknown[] = [];
    const client = await clientOf((request, response) => {
      cursors.push(request.headers["last-event-id"]);
      response.writeHead(200, { "content-type": "text/event-stream" });
      if (seen.length === 1) {
        response.write(line(1) + line(2) + "id: 3\ndata: {", () => response.destroy());
      } else response.end(line(2) + line(3) + END);
    });
    const delays: number[] = [];
    const onReconnect = ({ delayMs }: { delayMs: number }) => void delays.push(delayMs);
    const items = await collect(client.logs.follow({ runId: "r1", onReconnect }));
    expect(items).toEqual(["line 1", "line 2", "line 3", "end succeeded"]);
    expect(cursors).toEqual([undefined, "2"]);
    expect(delays).toHaveLength(1);
    expect(delays[0]).toBeLessThan(300);
  });

  it("asks for the run's state where there are no more lines", async () => {
    const client = await clientOf((request, response) =>
      request.url === "/runs/r1"
        ? json(response, { state: "failed" })
        : response.writeHead(204).end(),
    );
    expect(await collect(client.logs.follow({ runId: "r1", after: 7 }))).toEqual(["end failed"]);
  });

  it("ends at once where there is no such run", async () => {
    const client = await clientOf((_request, response) =>
      json(response, { code: "run_not_found" }, [404, {}]),
    );
    await expect(collect(client.logs.follow({ runId: "r1" }))).rejects.toMatchObject({
      code: "run_not_found",
    });
  });

  it("gives up when connections keep failing", async () => {
    const client = await clientOf((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end();
    });
    const items = collect(client.logs.follow({ runId: "r1", connects: 1 }));
    await expect(items).rejects.toBeInstanceOf(UnreachableError);
    expect(seen).toHaveLength(2);
  });

  it("ends with the caller's signal", async () => {
    const controller = new AbortController();
    const client = await clientOf((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(line(1));
    });
    const reason = new Error("enough");
    const follow = async () => {
      for await (const _ of client.logs.follow({ runId: "r1", signal: controller.signal })) {
        controller.abort(reason);
      }
    };
    await expect(follow()).rejects.toBe(reason);
  });
});

describe("reading", () => {
  it("takes log lines from a stream of JSON lines, however it is cut", async () => {
    const client = await clientOf((request, response) => {
      expect(request.headers.accept).toBe("application/x-ndjson");
      const text = '{"seq":1,"message":"ä"}\n{"seq":2}';
      const bytes = Buffer.from(text);
      response.write(bytes.subarray(0, 20));
      setImmediate(() => response.end(bytes.subarray(20)));
    });
    const lines: unknown[] = [];
    for await (const one of client.logs.query({ runId: "r1", labels: { step: "1" } })) {
      lines.push(one);
    }
    expect(lines).toEqual([{ seq: 1, message: "ä" }, { seq: 2 }]);
    expect(seen).toEqual(["GET /logs?runid=r1&label.step=1"]);
  });

  it("follows changes by position", async () => {
    const client = await clientOf((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('id: 8\ndata: {"position":8}\n\nid: 9\ndata: {"position":9}\n\n');
    });
    const positions: number[] = [];
    for await (const change of client.changes.follow({ after: 7 })) {
      positions.push(change.position);
      if (positions.length === 2) break;
    }
    expect(positions).toEqual([8, 9]);
    expect(seen).toEqual(["GET /changes?after=7"]);
  });

  it("tells a server that is not ready from one that is not there", async () => {
    const client = await clientOf((_request, response) =>
      json(response, { code: "storage_unavailable", detail: "away" }, [503, {}]),
    );
    expect(await client.ready()).toMatchObject({ ok: false });
  });
});
