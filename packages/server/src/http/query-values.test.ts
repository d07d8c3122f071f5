import { ROUTES, type Route } from "@conveyor-ci/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { startTestApi, type TestApi } from "../testing/test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const ODD = ["1e2", "%2B5", "-5", "0x10", "%205", "5%20", "5.0", "1_000", "", "٣", "Infinity"];

/** Each parameter of a query that is a whole number, as the beginning of a request. */
const COUNTS = (ROUTES as readonly Route[]).flatMap(({ method, path, query }) => {
  const { properties = {} } = (query ?? {}) as { properties?: Record<string, { type: string }> };
  const names = Object.keys(properties).filter((name) => properties[name]?.type === "integer");
  const place = path.replaceAll(/:[a-z]+/gi, "x");
  return names.map((name) => ({ request: `${method} ${place}?`, name }));
});

describe("a number in a query", () => {
  it.each(COUNTS)(
    "is written in decimal digits and in no other way: $request $name",
    async (of) => {
      for (const text of ODD) {
        const { status, json } = await api.call(`${of.request}${of.name}=${text}`);
        const [issue] = json.issues;
        expect([status, json.code, issue.path], text).toEqual([
          400,
          "invalid_request",
          `/${of.name}`,
        ]);
      }
      const { json } = await api.call(`${of.request}${of.name}=007`);
      // Of a run that none is named for, or of a name that nothing has, but not of the number.
      expect((json?.issues ?? []).map(({ rule }: { rule: string }) => rule)).not.toContain("type");
    },
  );

  it("is held to the same when the query is that of an upgrade", async () => {
    const ws = new WebSocket(`${api.url.replace("http", "ws")}/logs/pipeline/x?after=0x10`);
    const status = await new Promise((resolve) => {
      ws.on("unexpected-response", (_, { statusCode }) => resolve(statusCode));
    });
    expect(status).toBe(400);
  });
});

it("a flag in a query is true or false and nothing else", async () => {
  for (const text of ["1", "yes", "TRUE", "null"]) {
    const { status, json } = await api.call(`DELETE /resources/app/a?force=${text}`);
    expect([status, json.code], text).toEqual([400, "invalid_request"]);
  }
  for (const text of ["true", "false", ""]) {
    expect((await api.call(`DELETE /resources/app/a?force=${text}`)).status, text).toBe(404);
  }
});
