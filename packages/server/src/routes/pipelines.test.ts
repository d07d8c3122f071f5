import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestApi, type TestApi } from "../testing/test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.call("POST /resource-definitions/", { name: "app", schema: true });
});
afterAll(() => api.stop());

const steps = [
  { id: "build", driver: "builder", timeout: "5m" },
  { id: "test", driver: "tester", name: "Tests" },
];
const pipeline = (name: string, more: object = {}) => ({ name, resource: "app", steps, ...more });

describe("pipelines", () => {
  it("get a new revision by changed content and none by the same", async () => {
    const first = await api.call("POST /pipelines/", pipeline("p"));
    expect([first.status, first.json.revision]).toEqual([201, 1]);
    expect(first.json.events).toEqual(["create", "update"]);
    const same = await api.call("POST /pipelines", pipeline("p"));
    expect([same.status, same.json.revision]).toEqual([201, 1]);
    const changed = await api.call("PUT /pipelines/p", { ...first.json, description: "new" });
    expect([changed.status, changed.json.revision]).toEqual([200, 2]);
    const shown = await api.call("GET /pipelines/p");
    expect(shown.json).toMatchObject({ revision: 2, description: "new", steps });
  });

  it("are put only where they exist", async () => {
    const answer = await api.call("PUT /pipelines/none", pipeline("none"));
    expect([answer.status, answer.json.code]).toEqual([404, "pipeline_not_found"]);
    const other = await api.call("PUT /pipelines/none", pipeline("other"));
    expect(other.json.code).toBe("name_mismatch");
  });

  it.each([
    ["no steps", { steps: [] }, "invalid_pipeline", 400],
    ["an id twice", { steps: [steps[0], steps[0]] }, "invalid_pipeline", 400],
    ["an unknown need", { steps: [{ ...steps[0], needs: ["x"] }] }, "invalid_pipeline", 400],
    ["a cycle", { steps: [{ ...steps[0], needs: ["build"] }] }, "invalid_pipeline", 400],
    ["an unknown kind", { resource: "none" }, "definition_not_found", 404],
    ["an odd duration", { steps: [{ ...steps[0], timeout: "5 minutes" }] }, "invalid_request", 400],
    [
      "a driver that none can be",
      { steps: [{ ...steps[0], driver: "connect" }] },
      "invalid_request",
      400,
    ],
    ["an unknown event", { events: ["remove"] }, "invalid_request", 400],
    [
      "an unknown field in a step",
      { steps: [{ ...steps[0], dirver: "x" }] },
      "invalid_request",
      400,
    ],
  ])("are refused with %s", async (...[, more, code, status]) => {
    const answer = await api.call("POST /pipelines/", pipeline("bad", more));
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect((await api.call("GET /pipelines/bad")).status).toBe(404);
  });

  it("are listed, and deleted unless something uses them", async () => {
    await api.call("POST /pipelines/", pipeline("used"));
    const body = { name: "r", resource: "app", pipeline: "used", spec: 1 };
    expect((await api.call("POST /resources/", body)).status).toBe(201);
    const used = await api.call("DELETE /pipelines/used");
    expect([used.status, used.json.code]).toEqual([409, "pipeline_in_use"]);
    await api.call("POST /pipelines/", pipeline("free"));
    expect((await api.call("DELETE /pipelines/free")).status).toBe(204);
    expect((await api.call("DELETE /pipelines/free")).status).toBe(404);
    const { json } = await api.call("GET /pipelines/");
    expect(json.items.map((item: { name: string }) => item.name)).toEqual(["p", "used"]);
  });
});
