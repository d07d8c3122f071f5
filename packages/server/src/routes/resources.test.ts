import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUILDER, startTestApi, type TestApi, type TestInstance } from "../testing/test-api.ts";

let api: TestApi;
let builder: TestInstance;
beforeAll(async () => {
  api = await startTestApi();
  const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
  await api.call("POST /resource-definitions/", { name: "app", schema });
  await api.call("POST /resource-definitions/", { name: "quiet", schema: true });
  builder = await api.connect(BUILDER);
  await builder.next("welcome");
});
afterAll(() => api.stop());

const app = (name: string, n: unknown = 1) => ({ name, resource: "app", spec: { n } });

describe("resources", () => {
  it("are created with a version and a run", async () => {
    const { status, json, headers } = await api.call("POST /resources/", app("first"));
    expect(status).toBe(201);
    expect(json).toEqual({
      message: expect.any(String),
      name: "first",
      runid: expect.any(String),
      version: "1",
    });
    expect(headers.get("run-id")).toBe(json.runid);
    const again = await api.call("POST /resources", app("first"));
    expect([again.status, again.json.code]).toEqual([409, "resource_exists"]);
  });

  it.each([
    ["a spec that does not match", app("bad", "x"), 400, "invalid_spec", "/spec/n"],
    [
      "an unknown kind",
      { ...app("bad"), resource: "none" },
      404,
      "definition_not_found",
      undefined,
    ],
    [
      "an unknown pipeline",
      { ...app("bad"), pipeline: "none" },
      404,
      "pipeline_not_found",
      undefined,
    ],
    ["no spec", { name: "bad", resource: "app" }, 400, "invalid_request", "/spec"],
    [
      "a number as metadata",
      { ...app("bad"), metadata: { a: 1 } },
      400,
      "invalid_request",
      "/metadata",
    ],
  ])(
    "are refused with %s, and nothing is there afterwards",
    async (...[, body, status, code, path]) => {
      const answer = await api.call("POST /resources/", body);
      expect([answer.status, answer.json.code]).toEqual([status, code]);
      if (path !== undefined) expect(answer.json.issues[0].path).toContain(path);
      expect((await api.call("GET /resources/app/bad")).status).toBe(404);
    },
  );

  it("are changed by PUT with the ETag of what was read", async () => {
    await api.call("POST /resources/", app("put"));
    const { json, headers } = await api.call("GET /resources/app/put");
    expect(headers.get("etag")).toBe('"1"');
    const body = { ...json, spec: { n: 2 } };
    const changed = await api.call("PUT /resources/app/put", body, { "if-match": '"1"' });
    expect(changed.status).toBe(200);
    expect(changed.json.metadata.version).toBe("2");
    expect(changed.headers.get("run-id")).toBe(changed.json.status.run);
    const late = await api.call("PUT /resources/app/put", body, { "if-match": '"1"' });
    expect([late.status, late.json.code]).toEqual([412, "version_conflict"]);
    const odd = await api.call("PUT /resources/app/put", body, { "if-match": "abc" });
    expect([odd.status, odd.json.code]).toEqual([400, "invalid_request"]);
  });

  it("are deleted only at the version that If-Match names", async () => {
    await api.call("POST /resources/", app("conditional"));
    const at = "DELETE /resources/app/conditional";
    const late = await api.call(at, undefined, { "if-match": '"2"' });
    expect([late.status, late.json.code]).toEqual([412, "version_conflict"]);
    expect((await api.call("GET /resources/app/conditional")).json.status.phase).not.toBe(
      "deleting",
    );
    expect((await api.call(at, undefined, { "if-match": '"1"' })).status).toBe(204);
  });

  it("that do not change make no version and no run", async () => {
    await api.call("POST /resources/", app("same"));
    const { json } = await api.call("GET /resources/app/same");
    const answer = await api.call("PUT /resources/app/same", json);
    expect([answer.status, answer.headers.get("run-id")]).toEqual([200, null]);
    expect(answer.json.metadata.version).toBe("1");
  });

  it("have the name and kind of the path", async () => {
    await api.call("POST /resources/", app("path"));
    for (const body of [app("other"), { ...app("path"), resource: "quiet" }]) {
      const answer = await api.call("PUT /resources/app/path", body);
      expect([answer.status, answer.json.code]).toEqual([400, "name_mismatch"]);
    }
    expect((await api.call("PUT /resources/app/none", { spec: { n: 1 } })).status).toBe(404);
  });

  it("keep their old versions", async () => {
    await api.call("POST /resources/", app("old"));
    await api.call("PUT /resources/app/old", app("old", 2));
    expect((await api.call("GET /resources/app/old/1")).json.spec).toEqual({ n: 1 });
    for (const version of ["3", "0", "x", "1.5"]) {
      const answer = await api.call(`GET /resources/app/old/${version}`);
      expect([answer.status, answer.json.code]).toEqual([404, "version_not_found"]);
    }
  });

  it("are deleted, and a name that is free again starts anew", async () => {
    const created = await api.call("POST /resources/", {
      name: "gone",
      resource: "quiet",
      spec: 1,
    });
    expect(created.status).toBe(201);
    expect((await api.call("DELETE /resources/quiet/gone?force")).status).toBe(204);
    expect((await api.call("GET /resources/quiet/gone")).status).toBe(404);
    expect((await api.call("DELETE /resources/quiet/gone")).status).toBe(404);
    expect((await api.call("DELETE /resources/quiet/gone?force=maybe")).status).toBe(400);
  });

  it("are listed by kind, page and selector", async () => {
    for (const name of ["l1", "l2", "l3"]) {
      const metadata = { team: name === "l2" ? "db" : "web" };
      await api.call("POST /resources/", { name, resource: "quiet", spec: null, metadata });
    }
    const names = ({ json }: { json: { items: { name: string }[] } }) =>
      json.items.map((item) => item.name);
    expect(names(await api.call("GET /resources/quiet?selector=team%3Dweb"))).toEqual(["l1", "l3"]);
    const page = await api.call("GET /resources/quiet?limit=2");
    expect(names(page)).toEqual(["l1", "l2"]);
    const rest = await api.call(`GET /resources/?limit=1000&cursor=${page.json.next}`);
    expect(names(rest)).toEqual(["l3"]);
    expect(rest.json.next).toBeNull();
    expect((await api.call("GET /resources/none")).json.code).toBe("definition_not_found");
    expect((await api.call("GET /resources/quiet?selector=team")).status).toBe(400);
  });

  it("show the result of their newest run beside the user's metadata", async () => {
    const { json } = await api.call("POST /resources/", { ...app("result"), metadata: { a: "b" } });
    let assign = await builder.next("assign");
    while (assign.runid !== json.runid) assign = await builder.next("assign");
    const { lease } = assign;
    builder.send({ type: "result", lease, lines: 0, success: true, message: "ok", data: { x: 1 } });
    expect(await builder.next("recorded")).toEqual({ type: "recorded", lease });
    const { json: shown } = await api.call("GET /resources/app/result");
    expect(shown.metadata).toEqual({
      a: "b",
      version: "1",
      "driverresults.builder": '{"success":true,"message":"ok","data":{"x":1}}',
    });
    expect(shown.status.results.builder.data).toEqual({ x: 1 });
    const put = await api.call("PUT /resources/app/result", shown);
    expect([put.status, put.headers.get("run-id")]).toEqual([200, null]);
  });
});
