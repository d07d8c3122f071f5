import type { Engine } from "@conveyor-ci/engine";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  BUILDER,
  openSocket,
  startTestApi,
  type TestApi,
  type TestInstance,
} from "../testing/test-api.ts";
import { logRoutes } from "./logs.ts";

let api: TestApi;
let builder: TestInstance;
let runid: string;
let lease: number;
let count = 0;
beforeAll(async () => {
  api = await startTestApi();
  await api.call("POST /resource-definitions/", { name: "app", schema: true });
  builder = await api.connect({ ...BUILDER, concurrency: 100 });
  await builder.next("welcome");
});
afterAll(() => api.stop());

beforeEach(async () => {
  count += 1;
  const { json } = await api.call("POST /resources/", {
    name: `r${count}`,
    resource: "app",
    spec: 1,
  });
  ({ runid } = json);
  ({ lease } = await builder.next("assign"));
  const times = ["2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z", "2026-01-01T00:00:03Z"];
  const lines = times.map((timestamp, index) => ({
    timestamp,
    level: index === 2 ? "error" : "info",
    message: `line ${index + 1}`,
    labels: { part: String(index) },
    extra: "ignored",
  }));
  builder.send({ type: "log", lease, first: 0, lines });
  expect(await builder.next("logged")).toEqual({ type: "logged", lease, received: 3 });
});

const end = async () => {
  builder.send({ type: "result", lease, lines: 3, success: true, message: "", data: null });
  await builder.next("recorded");
};
const follow = (path: string, headers: Record<string, string> = {}) =>
  api.call(`GET ${path}`, undefined, { accept: "text/event-stream", ...headers });
const ids = (text: string) =>
  [...text.matchAll(/(?<=^|\n\n)id: (\d+)\ndata/g)].map((match) => Number(match[1]));

describe("queries", () => {
  it("answer all lines as one array, or as lines of JSON", async () => {
    const { json, headers } = await api.call(`GET /logs?runid=${runid}`);
    expect(json.map((line: { seq: number }) => line.seq)).toEqual([1, 2, 3]);
    expect(json[2]).toEqual({
      seq: 3,
      runid,
      driver: "builder",
      pipeline: null,
      step: "builder",
      attempt: 1,
      timestamp: "2026-01-01T00:00:03.000Z",
      level: "error",
      message: "line 3",
      labels: { part: "2" },
    });
    expect(headers.get("content-type")).toContain("application/json");
    const lines = await api.call(`GET /logs?runid=${runid}`, undefined, {
      accept: "application/x-ndjson",
    });
    expect(
      lines.text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(json);
  });

  it.each([
    ["driver=builder", [1, 2, 3]],
    ["driver=other", []],
    ["step=builder&level=error", [3]],
    ["label.part=1", [2]],
    ["since=2026-01-01T00:00:02Z", [2, 3]],
    ["until=2026-01-01T00:00:02Z", [1, 2]],
    ["after=1&limit=1", [2]],
    ["q=line 2", [2]],
    ["pipeline=p", []],
  ])("keep what matches %s", async (query, seqs) => {
    const { json } = await api.call(`GET /logs?runid=${runid}&${encodeURI(query)}`);
    expect(json.map((line: { seq: number }) => line.seq)).toEqual(seqs);
  });

  it.each(["after=1", "since=yesterday", "limit=0", "lable.x=1", `after=-1`])(
    "are refused for %s",
    async (query) => {
      const answer = await api.call(`GET /logs?${query}`);
      expect([answer.status, answer.json.code]).toEqual([400, "invalid_request"]);
    },
  );

  it("of nothing are an empty array", async () => {
    expect((await api.call("GET /logs?runid=none")).text).toBe("[]");
  });
});

describe("lines from outside", () => {
  const line = (more: object = {}) => ({ runid, driver: "builder", message: "hi", ...more });

  it("are stored while the run has not ended", async () => {
    const answer = await api.call("POST /logs", line({ labels: { a: "b" }, level: "warn" }));
    expect([answer.status, answer.text]).toEqual([201, "Created"]);
    const { json } = await api.call(`GET /logs?runid=${runid}&after=3`);
    expect(json).toMatchObject([{ seq: 4, message: "hi", level: "warn", labels: { a: "b" } }]);
    await end();
    const late = await api.call("POST /logs", line());
    expect([late.status, late.json.code]).toEqual([409, "run_finished"]);
  });

  it("are split and marked when they are too long", async () => {
    await api.call("POST /logs", line({ message: "ü".repeat(200_000) }));
    const { json } = await api.call(`GET /logs?runid=${runid}&after=3`);
    expect(json.map((one: { labels: object }) => Object.values(one.labels))).toEqual([
      ["1/2"],
      ["2/2"],
    ]);
    expect(json[0].message + json[1].message).toBe("ü".repeat(200_000));
  });

  it("that are split are stored all or none: they are handed over together", async () => {
    const counts: number[] = [];
    const writeLines: Engine["writeLines"] = (_by, { lines }) =>
      Promise.resolve(counts.push(lines.length));
    const { writeLog } = logRoutes({ writeLines } as Engine);
    const reply = { code: () => reply, header: () => reply, send: () => reply };
    const request = { body: line({ message: "x".repeat(700_000) }), principal: { name: "ada" } };
    await writeLog(request as never, reply as never);
    expect(counts).toEqual([3]);
  });

  it.each([
    ["many labels", Array.from({ length: 65 }, (_, index) => [`l${index}`, "x"]), "maxProperties"],
    [
      "labels that take much",
      [
        ["a", "x".repeat(40_000)],
        ["b", "x".repeat(40_000)],
      ],
      "maxBytes",
    ],
  ])("with %s are refused", async (_, labels, rule) => {
    const answer = await api.call("POST /logs", line({ labels: Object.fromEntries(labels) }));
    expect([answer.status, answer.json.code]).toEqual([400, "invalid_request"]);
    expect(answer.json.issues).toMatchObject([{ path: "/labels", rule }]);
    expect((await api.call(`GET /logs?runid=${runid}&after=3`)).json).toEqual([]);
  });

  it("are refused for unknown runs and odd times", async () => {
    const missing = await api.call("POST /logs", line({ runid: "none" }));
    expect([missing.status, missing.json.code]).toEqual([404, "run_not_found"]);
    const odd = await api.call("POST /logs", line({ timestamp: "now" }));
    expect(odd.json.issues[0].path).toBe("/timestamp");
  });
});

describe("server-sent events", () => {
  it("replay, follow, and end with the run's state", async () => {
    const answer = follow(`/logs/pipeline/${runid}`);
    await end();
    const { text } = await answer;
    expect(ids(text)).toEqual([1, 2, 3]);
    expect(text).toContain(`event: end\nid: 3\ndata: {"runid":"${runid}","state":"succeeded"}`);
  });

  it("resume after the last id, and answer 204 when there is nothing more", async () => {
    await end();
    const path = `/logs/streams/builder/${runid}`;
    expect(ids((await follow(path, { "last-event-id": "1" })).text)).toEqual([2, 3]);
    expect(ids((await follow(`${path}?after=2`)).text)).toEqual([3]);
    expect((await follow(path, { "last-event-id": "3" })).status).toBe(204);
    expect((await follow(path, { "last-event-id": "x" })).status).toBe(400);
    expect(ids((await follow(`/logs/streams/other/${runid}`)).text)).toEqual([]);
  });

  it("of a run that does not exist are refused", async () => {
    const answer = await follow("/logs/pipeline/none");
    expect([answer.status, answer.json.code]).toEqual([404, "run_not_found"]);
  });
});

describe("WebSockets", () => {
  it("send one line each, then the end, and close", async () => {
    const reader = await openSocket(api.url, `/logs/streams/builder/${runid}/?after=1`);
    reader.send("what a reader sends is ignored");
    expect(await reader.next("line")).toMatchObject({ seq: 2, message: "line 2" });
    expect(await reader.next("line")).toMatchObject({ seq: 3 });
    await end();
    expect(await reader.next("end")).toEqual({ event: "end", runid, state: "succeeded" });
    expect((await reader.closed).code).toBe(1000);
  });

  it.each(["/logs/pipeline/none", "/logs/streams/builder/none", "/nothing/here", "/logs/pipeline"])(
    "are refused before the upgrade where there is nothing: %s",
    async (path) => {
      await expect(openSocket(api.url, path)).rejects.toThrow("404");
    },
  );
});
