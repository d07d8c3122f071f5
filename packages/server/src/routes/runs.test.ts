import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSocket, startTestApi, type TestApi } from "../testing/test-api.ts";

let api: TestApi;
let runid: string;
beforeAll(async () => {
  api = await startTestApi();
  await api.call("POST /resource-definitions/", { name: "app", schema: true });
  const steps = [{ id: "build", driver: "builder" }];
  await api.call("POST /pipelines/", { name: "p", resource: "app", steps });
  const resource = { name: "r", resource: "app", pipeline: "p", spec: 1 };
  runid = (await api.call("POST /resources/", resource)).json.runid;
});
afterAll(() => api.stop());

describe("runs", () => {
  it("say what they are and why they are not moving", async () => {
    const { json } = await api.call(`GET /runs/${runid}/`);
    expect(json).toMatchObject({
      id: runid,
      state: "pending",
      event: "create",
      resource: { kind: "app", name: "r", version: "1" },
      pipeline: { name: "p", revision: 1 },
      parent: null,
      actor: "anonymous",
      steps: [{ id: "build", driver: "builder", state: "queued", result: null, attempts: [] }],
    });
    const why = [...json.why, ...(json.steps[0].why ?? [])];
    expect(why.length).toBeGreaterThan(0);
    expect(why[0].message).toContain("builder");
  });

  it("are listed with filters, the newest first", async () => {
    for (const query of [
      "",
      "?resource=app&name=r",
      "?pipeline=p&state=pending",
      "?driver=builder",
    ]) {
      const { json } = await api.call(`GET /runs${query}`);
      expect(json.items.map((run: { id: string }) => run.id)).toEqual([runid]);
    }
    expect((await api.call("GET /runs?state=failed")).json.items).toEqual([]);
  });

  it.each(["limit=0", "limit=1001", "limit=ten", "state=lost", "stat=failed", "limit=1&limit=2"])(
    "are not listed for what is out of range: %s",
    async (query) => {
      const answer = await api.call(`GET /runs?${query}`);
      expect([answer.status, answer.json.code]).toEqual([400, "invalid_request"]);
    },
  );

  it("are cancelled once, and run again as their child", async () => {
    const cancelled = await api.call(`POST /runs/${runid}/cancel`);
    expect([cancelled.status, cancelled.json.state]).toEqual([202, "cancelled"]);
    const late = await api.call(`POST /runs/${runid}/cancel`, {});
    expect([late.status, late.json.code]).toEqual([409, "run_finished"]);
    const again = await api.call(`POST /runs/${runid}/rerun`);
    expect(again.status).toBe(201);
    expect(again.json).toEqual({ runid: again.headers.get("run-id"), parent: runid });
    expect((await api.call(`GET /runs/${again.json.runid}`)).json.parent).toBe(runid);
  });

  it("that do not exist are not found", async () => {
    for (const request of ["GET /runs/none", "POST /runs/none/cancel", "POST /runs/none/rerun"]) {
      const answer = await api.call(request);
      expect([answer.status, answer.json.code]).toEqual([404, "run_not_found"]);
    }
  });

  it("are paged by the order of acceptance", async () => {
    const first = await api.call("GET /runs?limit=1");
    const second = await api.call(`GET /runs?limit=1&cursor=${first.json.next}`);
    expect(second.json.items[0].id).toBe(runid);
    expect(second.json.next).toBeNull();
  });

  it("are found by their ids in either case, which are answered in lower case", async () => {
    const id = runid.toUpperCase();
    expect((await api.call(`GET /runs/${id}`)).json.id).toBe(runid);
    const again = await api.call(`POST /runs/${id}/rerun`);
    expect([again.status, again.json.parent]).toEqual([201, runid]);
    const child = String(again.json.runid);
    const line = { runid: child.toUpperCase(), driver: "builder", message: "hello" };
    expect((await api.call("POST /logs", line)).status).toBe(201);
    const { json: lines } = await api.call(`GET /logs?runid=${child.toUpperCase()}`);
    expect(lines).toMatchObject([{ runid: child, message: "hello" }]);
    expect((await api.call(`POST /runs/${child.toUpperCase()}/cancel`)).json.id).toBe(child);
    for (const path of ["/logs/pipeline", "/logs/streams/builder"]) {
      const events = { accept: "text/event-stream" };
      const answer = await api.call(`GET ${path}/${child.toUpperCase()}`, undefined, events);
      expect(answer.text).toContain(`data: {"runid":"${child}","state":"cancelled"}`);
      const socket = await openSocket(api.url, `${path}/${child.toUpperCase()}`);
      expect(await socket.next("end")).toMatchObject({ runid: child });
    }
  });
});
