import { afterEach, expect, it, vi } from "vitest";
import { createClient } from "./client.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

async function sentAuthorization(headers?: Record<string, string>): Promise<string | null> {
  let sent: string | null = null;
  const client = createClient({
    server: "http://127.0.0.1:1",
    headers,
    fetch: (url, init) => {
      sent = new Request(url, init).headers.get("authorization");
      return Promise.resolve(Response.json({ status: "ok" }));
    },
  });
  await client.health();
  return sent;
}

it("CONVEYOR_TOKEN is sent as a bearer token, unless a header says who asks", async () => {
  expect(await sentAuthorization()).toBeNull();
  vi.stubEnv("CONVEYOR_TOKEN", " secret\n");
  expect(await sentAuthorization()).toBe("Bearer secret");
  expect(await sentAuthorization({ Authorization: "Basic eA==" })).toBe("Basic eA==");
});
