import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestApi, type TestApi } from "../testing/test-api.ts";

let api: TestApi;
const spec = { image: "x" };
const step = { id: "a", driver: "builder" };

beforeAll(async () => {
  api = await startTestApi();
  const schema = {
    type: "object",
    required: ["image"],
    properties: { image: { type: "string" }, replicas: { type: "integer", minimum: 1 } },
    additionalProperties: false,
  };
  await api.call("POST /resource-definitions", { name: "app", schema });
  await api.call("POST /pipelines", { name: "release", resource: "app", steps: [step] });
});
afterAll(() => api.stop());

const body = (more: object) => ({ name: "a", resource: "app", spec, ...more });
const pipeline = (more: object) => ({ name: "p", resource: "app", steps: [step], ...more });

interface Case {
  readonly request: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly code: string;
  /** Path and rule of the first issue. */
  readonly issue?: readonly [string, string];
  /** A part of the detail or the hint. */
  readonly says: string;
}

const POST = "POST /resources";
const refused = (of: Partial<Case>): Case => ({
  request: POST,
  status: 400,
  code: "invalid_request",
  says: "",
  ...of,
});

const CASES: readonly Case[] = [
  refused({
    body: '{"name": "a",\n "spec": {},}',
    code: "invalid_json",
    issue: ["", "json"],
    says: "(line 2, column 13)",
  }),
  refused({ body: "", issue: ["", "required"], says: "the body is empty, but must be JSON" }),
  refused({ body: "null", issue: ["", "type"], says: "the body must be an object, not null" }),
  refused({
    body: '{"name":"a","resource":"app","spec":{"image":"x"},"name":"b"}',
    issue: ["/name", "unique"],
    says: "/name is there twice",
  }),
  refused({ body: body({ nam: 1 }), issue: ["/nam", "unknown"], says: "did you mean name?" }),
  refused({ body: body({ kind: 1 }), issue: ["/kind", "unknown"], says: "known are" }),
  refused({ body: body({ name: "a b" }), issue: ["/name", "pattern"], says: 'not "a b"' }),
  refused({
    body: body({ metadata: { team: 5 } }),
    issue: ["/metadata/team", "type"],
    says: "must be a text, not 5",
  }),
  refused({
    body: body({ metadata: { "": "x" } }),
    issue: ["/metadata/", "minLength"],
    says: "has a name that must not be empty",
  }),
  refused({
    body: body({ spec: { imge: "x" } }),
    code: "invalid_spec",
    issue: ["/spec/image", "required"],
    says: "/spec/imge is not a known field; did you mean image?",
  }),
  refused({
    body: body({ resource: "ap" }),
    status: 404,
    code: "definition_not_found",
    issue: ["/resource", "exists"],
    says: "did you mean app?",
  }),
  refused({
    body: body({ pipeline: "relase" }),
    status: 404,
    code: "pipeline_not_found",
    issue: ["/pipeline", "exists"],
    says: "did you mean release?",
  }),
  refused({
    body: body({}),
    headers: { "content-type": "application/x-www-form-urlencoded" },
    status: 415,
    code: "unsupported_media_type",
    issue: ["/headers/content-type", "mediaType"],
    says: "content-type: application/json",
  }),
  refused({
    body: body({}),
    headers: { "content-encoding": "gzip" },
    status: 415,
    code: "unsupported_media_type",
    issue: ["/headers/content-encoding", "encoding"],
    says: "without the header",
  }),
  refused({
    request: "POST /resources?dryRun=true",
    body: body({}),
    issue: ["/dryRun", "unknown"],
    says: "is not a known query parameter",
  }),
  refused({
    request: "GET /logs?lable.phase=x",
    issue: ["/lable.phase", "unknown"],
    says: "limit, q, label.<name>",
  }),
  refused({
    request: "GET /logs?since=2026-01-31T12:00:00+02:00",
    issue: ["/since", "date-time"],
    says: "written %2B",
  }),
  refused({
    request: "GET /logs?since=today",
    issue: ["/since", "date-time"],
    says: 'not "today"',
  }),
  refused({
    request: "GET /resources?selector=stage!%3Dlive",
    issue: ["/selector", "selector"],
    says: "not name=value",
  }),
  refused({
    request: "GET /resources?selector=stage%3D%3Dlive",
    issue: ["/selector", "selector"],
    says: "not name=value",
  }),
  refused({
    request: "QUERY /resources",
    body: "{}",
    headers: { "content-type": "" },
    status: 405,
    code: "method_not_allowed",
    says: "it takes GET, HEAD, POST",
  }),
  refused({
    request: "POST /pipelines",
    body: pipeline({ steps: [{ ...step, timeout: "5 min" }] }),
    issue: ["/steps/0/timeout", "pattern"],
    says: "500ms, 30s, 5m or 2h",
  }),
  refused({
    request: "POST /pipelines",
    body: pipeline({ events: ["creat"] }),
    issue: ["/events/0", "enum"],
    says: "did you mean create?",
  }),
  refused({
    request: "POST /resource-definitions",
    body: { name: "d", schema: { properties: { a: { type: "strng" } } } },
    code: "invalid_schema",
    issue: ["/schema/properties/a/type", "enum"],
    says: "did you mean string?",
  }),
  refused({
    request: "GET /runs?limit=0",
    issue: ["/limit", "minimum"],
    says: "must be at least 1, not 0",
  }),
  refused({ request: "GET /runs?state=succeded", says: "did you mean succeeded?" }),
  refused({
    request: "GET /runs?cursor=WyJydW5zIiwtMV0",
    code: "invalid_cursor",
    issue: ["/cursor", "cursor"],
    says: "start again without a cursor",
  }),
  refused({ request: "GET /resources/app/%ff", issue: ["", "url"], says: "not UTF-8" }),
  refused({
    request: "GET /resorces/app/a",
    status: 404,
    code: "not_found",
    says: "did you mean /resources/app/a?",
  }),
  refused({
    request: "GET /resource-definitions/ap",
    status: 404,
    code: "definition_not_found",
    says: "did you mean app?",
  }),
  refused({
    request: "GET /resources/ap/a",
    status: 404,
    code: "resource_not_found",
    says: "no definition named ap",
  }),
  refused({
    request: `GET /resources/app/${"x".repeat(500)}`,
    status: 404,
    code: "resource_not_found",
    says: "(500 characters)",
  }),
];

describe("what is mistyped", () => {
  it.each(CASES)("$request $body: $code, $says", async (of) => {
    const answer = await api.call(of.request, of.body, of.headers);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    const { code, detail, hint, issues, requestId } = answer.json;
    expect([answer.status, code]).toEqual([of.status, of.code]);
    expect(`${detail} ${hint}`).toContain(of.says);
    if (of.issue !== undefined) expect([issues[0].path, issues[0].rule]).toEqual(of.issue);
    expect(requestId).toMatch(/./);
    expect((await api.call("GET /resources")).json.items).toEqual([]);
  });

  it("a body that is too large is answered before the client gives up sending", async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      const answer = await api.call(POST, body({ spec: { image: "x".repeat(5_000_000) } }));
      expect([answer.status, answer.json.code]).toEqual([413, "body_too_large"]);
    }
  });
});
