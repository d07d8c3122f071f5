import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestApi, type TestApi } from "../testing/test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const definition = (name: string, schema: unknown = { type: "object" }) => ({ name, schema });

describe("definitions", () => {
  it("are created once", async () => {
    const created = await api.call("POST /resource-definitions/", definition("once"));
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({ name: "once", schema: { type: "object" } });
    expect(created.json.id).toEqual(expect.any(String));
    const again = await api.call("POST /resource-definitions", definition("once"));
    expect([again.status, again.json.code]).toEqual([409, "definition_exists"]);
  });

  it("are applied whether they exist or not, and say what that did", async () => {
    const outcomes = [];
    for (const schema of [{}, {}, { type: "object" }]) {
      const answer = await api.call(
        "POST /resource-definitions/apply",
        definition("applied", schema),
      );
      expect(answer.status).toBe(201);
      outcomes.push(answer.headers.get("conveyor-outcome"));
    }
    expect(outcomes).toEqual(["created", "unchanged", "changed"]);
  });

  it("are changed by PUT when they exist, under the name of the path", async () => {
    await api.call("POST /resource-definitions/", definition("put"));
    const changed = await api.call("PUT /resource-definitions/put", { schema: { type: "array" } });
    expect([changed.status, changed.json.schema]).toEqual([200, { type: "array" }]);
    const other = await api.call("PUT /resource-definitions/put", definition("other"));
    expect([other.status, other.json.code]).toEqual([400, "name_mismatch"]);
    const missing = await api.call("PUT /resource-definitions/none", { schema: {} });
    expect([missing.status, missing.json.code]).toEqual([404, "definition_not_found"]);
  });

  it("that are answered can be edited and PUT", async () => {
    await api.call("POST /resource-definitions/", { ...definition("edit"), version: 2 });
    const { json } = await api.call("GET /resource-definitions/edit");
    expect(json.version).toBe("2");
    const answer = await api.call("PUT /resource-definitions/edit", json);
    expect(answer.headers.get("conveyor-outcome")).toBe("unchanged");
  });

  it("are deleted, and not while they are in use", async () => {
    await api.call("POST /resource-definitions/", definition("used"));
    await api.call("POST /resources/", { name: "r", resource: "used", spec: {} });
    const used = await api.call("DELETE /resource-definitions/used");
    expect([used.status, used.json.code]).toEqual([409, "definition_in_use"]);
    await api.call("DELETE /resources/used/r?force=true");
    expect((await api.call("DELETE /resource-definitions/used")).status).toBe(204);
    expect((await api.call("GET /resource-definitions/used")).status).toBe(404);
    expect((await api.call("DELETE /resource-definitions/used")).status).toBe(404);
  });

  it("are refused with a schema whose compiling would hold the server up, which changes nothing", async () => {
    const names = Array.from({ length: 3_000 }, (_, index) => [`p${index}`, { type: "string" }]);
    const body = definition("huge", { properties: Object.fromEntries(names) });
    for (const path of ["/resource-definitions", "/resource-definitions/apply"]) {
      const { status, json } = await api.call(`POST ${path}`, body);
      expect([status, json.code]).toEqual([413, "schema_too_large"]);
      expect(json.detail).toContain("at most 5000");
    }
    expect((await api.call("GET /resource-definitions/huge")).status).toBe(404);
  });

  it("are listed by pages", async () => {
    const names: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const query = cursor === "" ? "" : `&cursor=${cursor}`;
      const { json } = await api.call(`GET /resource-definitions?limit=2${query}`);
      names.push(...json.items.map((item: { name: string }) => item.name));
      cursor = json.next;
    }
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(["applied", "edit", "once", "put"]));
  });

  it.each([
    ["a reserved name", definition("runs"), "/name"],
    ["a name with a blank", definition("a b"), "/name"],
    ["no schema", { name: "x" }, "/schema"],
    ["an unknown field", { ...definition("x"), schma: 1 }, "/schma"],
  ])("are refused with %s, by the path", async (_, body, path) => {
    const answer = await api.call("POST /resource-definitions/", body);
    expect([answer.status, answer.json.code]).toEqual([400, "invalid_request"]);
    expect(answer.json.issues[0].path).toBe(path);
  });

  it("are refused when the schema does not compile", async () => {
    const answer = await api.call(
      "POST /resource-definitions/",
      definition("bad", { type: "objekt" }),
    );
    expect([answer.status, answer.json.code]).toEqual([400, "invalid_schema"]);
  });

  it("cursors of another list are refused", async () => {
    const cursor = Buffer.from('["pipelines","x"]').toString("base64url");
    for (const text of [cursor, "nonsense", "bnVsbA"]) {
      const answer = await api.call(`GET /resource-definitions?cursor=${text}`);
      expect([answer.status, answer.json.code]).toEqual([400, "invalid_cursor"]);
    }
  });
});
