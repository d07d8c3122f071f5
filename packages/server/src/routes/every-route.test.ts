import { ROUTES } from "@conveyor-ci/contract";
import { afterEach, beforeEach, expect, it } from "vitest";
import { routeOf } from "../testing/answer-check.ts";
import { BUILDER, startTestApi, type TestApi } from "../testing/test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.stop());

const DEFINITION = { name: "app", description: "what", version: 1, schema: { type: "object" } };
const STEPS = [
  { id: "build", name: "Build", driver: "builder", timeout: "1h" },
  { id: "test", driver: "tester", needs: ["build"] },
];
const PIPELINE = { name: "p", description: "how", resource: "app", steps: STEPS };
const LINE = {
  timestamp: "2026-01-01T00:00:00.000Z",
  level: "warn",
  stream: "stderr",
  message: "one",
  labels: { a: "b" },
};

/** A request of each route, with what there is to answer: `RUN` stands for the id of a run. */
const REQUESTS: readonly (readonly [
  request: string,
  body?: object | undefined,
  accept?: string,
])[] = [
  ["GET /"],
  ["GET /health"],
  ["GET /ready"],
  ["GET /metrics"],
  ["GET /openapi.json"],
  ["GET /asyncapi.json"],
  ["GET /swagger/doc.json"],
  ["GET /swagger/index.html"],
  ["GET /resource-definitions"],
  ["GET /resource-definitions/app"],
  ["PUT /resource-definitions/app", DEFINITION],
  ["GET /pipelines"],
  ["GET /pipelines/p"],
  ["PUT /pipelines/p", PIPELINE],
  ["GET /resources"],
  ["GET /resources/app"],
  ["GET /resources/app/a"],
  ["GET /resources/app/a/1"],
  ["PUT /resources/app/a", { pipeline: "p", spec: { n: 2 }, metadata: { team: "web" } }],
  ["GET /runs"],
  ["GET /runs?state=running"],
  ["GET /runs/RUN"],
  ["POST /logs", { runid: "RUN", driver: "builder", message: "two", labels: { c: "d" } }],
  ["GET /logs?runid=RUN"],
  ["GET /logs?runid=RUN", undefined, "application/x-ndjson"],
  ["GET /drivers"],
  ["GET /drivers/builder"],
  ["POST /drivers/broadcast-message", { message: "hello" }],
  ["GET /changes?limit=1000"],
  ["POST /runs/RUN/cancel"],
];

/** A resource under way: one step run is leased and has a line. */
async function begin(): Promise<{ readonly run: string; readonly end: () => Promise<void> }> {
  await api.call("POST /resource-definitions", DEFINITION);
  await api.call("POST /resource-definitions/apply", DEFINITION);
  await api.call("POST /pipelines", PIPELINE);
  const builder = await api.connect(BUILDER);
  await builder.next("welcome");
  const app = { resource: "app", name: "a", pipeline: "p", spec: { n: 1 } };
  const { json } = await api.call("POST /resources", app);
  const { lease } = await builder.next("assign");
  builder.send({ type: "log", lease, first: 0, lines: [LINE] });
  await builder.next("logged");
  const end = async () => {
    const result = { type: "result", lease, lines: 1, success: false, message: "no", data: [1] };
    builder.send(result);
    await builder.next("recorded");
    builder.send({ type: "goodbye" });
    await builder.closed;
  };
  return { run: String(json.runid), end };
}

it("every route answers as the API describes it, with no field beyond", async () => {
  const { run, end } = await begin();
  const asked = [
    ...["POST /resource-definitions", "POST /resource-definitions/apply", "POST /pipelines"],
    "POST /resources",
  ];
  const ask = async (request: string, body?: object, accept?: string) => {
    const text = body === undefined ? undefined : JSON.stringify(body).replaceAll("RUN", run);
    const headers = accept === undefined ? {} : { accept };
    const answer = await api.call(request.replaceAll("RUN", run), text, headers);
    expect(answer.status, `${request}: ${answer.text}`).toBeLessThan(300);
    asked.push(request.replaceAll("RUN", run));
  };
  for (const [request, body, accept] of REQUESTS) await ask(request, body, accept);
  await end();
  const events = "text/event-stream";
  for (const request of ["/logs/pipeline/RUN", "/logs/streams/builder/RUN"]) {
    await ask(`GET ${request}`, undefined, events);
  }
  await ask("POST /runs/RUN/rerun");
  await ask("GET /runs/RUN");
  await ask("GET /resources/app/a/1");
  await ask("DELETE /resources/app/a?force=true");
  await ask("DELETE /drivers/builder");
  await ask("DELETE /pipelines/p");
  await ask("DELETE /resource-definitions/app");
  const routes = asked.map((request) => {
    const [method = "", path = ""] = request.split(" ");
    return routeOf(method, path)?.id;
  });
  const missing = ROUTES.map(({ id }) => id).filter((id) => !routes.includes(id));
  expect(missing).toEqual(["connectDriver"]);
});
