import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DescribedAnswers, describedAnswers } from "./harness/generated/described-answers.ts";
import { exchangeRaw, firstAnswer, RAW_REQUESTS } from "./harness/generated/raw-requests.ts";
import { type GeneratedRequest, requestsOf } from "./harness/generated/requests.ts";
import { createSender, type GeneratedAnswer } from "./harness/generated/send.ts";
import { announce, REQUESTS, SEED } from "./harness/generated/settings.ts";
import type { Json } from "./harness/generated/values.ts";
import { KIND } from "./harness/script.ts";
import { useWorld } from "./harness/world.ts";

const SLOW_MS = 1_000;
const READS = new Set(["GET", "HEAD", "OPTIONS"]);
const KINDS = [KIND, "app", "constructor"];
const DRIVERS = ["builder", "tester", "toString"];
const PIPELINES = ["release", "valueOf"];
const NAMES = ["one", "two", "constructor", ...PIPELINES, ...DRIVERS, ...KINDS];
const RUN = "RUN";

/** So that most of what is asked for is there, or can be. */
const KNOWN = {
  name: NAMES,
  kind: KINDS,
  resource: KINDS,
  pipeline: PIPELINES,
  driver: DRIVERS,
  step: DRIVERS,
  id: [RUN, ...DRIVERS],
  runid: [RUN],
  version: ["1", "2"],
  timeout: ["1s"],
};

describe("requests that were generated from the description of the API", () => {
  const world = useWorld("generated");

  it("P9: break nothing, are answered at once, and change nothing when they are refused", async () => {
    const { url } = await world.startServer();
    announce("requests");
    const sender = createSender(url);
    world.scope.own(() => sender.close());
    const openApi = (await (await fetch(`${url}/openapi.json`)).json()) as Json;
    const described = describedAnswers(openApi);
    let run = await world.create("first");
    let position = await lastPosition(url, 0);
    const counts = new Map<number, number>();
    const check = async (generated: GeneratedRequest): Promise<void> => {
      const request = {
        ...generated,
        path: generated.path.replaceAll(RUN, run),
        body: generated.body?.replaceAll(`"${RUN}"`, `"${run}"`) ?? null,
      };
      const answer = await quickAnswer(() => sender.send(request));
      counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
      if (answer.status >= 400) assertProblem(request, answer);
      assertDescribed(described, request, answer);
      const now = await lastPosition(url, position);
      if (answer.status >= 400 || READS.has(request.method)) expect(now).toBe(position);
      position = now;
      run = answer.runId ?? run;
    };
    const requests = fc.asyncProperty(requestsOf(openApi, KNOWN), check);
    await fc.assert(requests, { numRuns: REQUESTS, seed: SEED, endOnFailure: true });
    console.log("answers by status:", Object.fromEntries([...counts].sort(([a], [b]) => a - b)));
    expect(world.server.isRunning).toBe(true);
    // The generator is worth something: much of it is accepted.
    const accepted = [...counts].filter(([status]) => status < 400);
    expect(accepted.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(REQUESTS / 10);
  }, 3_600_000);
});

describe("bytes that are nearly HTTP", () => {
  const world = useWorld("raw");

  it("P9: are refused with a problem document or cut off, and break nothing", async () => {
    const { url } = await world.startServer();
    announce("raw requests");
    const counts = new Map<number, number>();
    const check = async (bytes: Buffer): Promise<void> => {
      const said = firstAnswer(await exchangeRaw(url, bytes));
      const status = said?.status ?? 0;
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (said === null || status < 400) return;
      expect(status).toBeLessThan(500);
      expect(JSON.parse(said.body)).toMatchObject({ status, ...PROBLEM });
    };
    const requests = fc.asyncProperty(RAW_REQUESTS, check);
    const numRuns = Math.ceil(REQUESTS / 10);
    await fc.assert(requests, { numRuns, seed: SEED, endOnFailure: true });
    console.log("raw answers by status:", Object.fromEntries(counts));
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    expect(counts.get(200) ?? 0).toBeGreaterThan(0);
    expect(counts.get(400) ?? 0).toBeGreaterThan(0);
  }, 3_600_000);
});

/** What every problem document has, beside its status. */
const PROBLEM = {
  code: expect.stringMatching(/^[a-z_]+$/),
  detail: expect.stringMatching(/\S/),
  requestId: expect.stringMatching(/\S/),
};

/** Of a HEAD only the head is sent, of a stream only its begin is read, of an upgrade nothing. */
function assertDescribed(
  described: DescribedAnswers,
  request: GeneratedRequest,
  answer: GeneratedAnswer,
): void {
  if (request.method === "HEAD" || answer.type.includes("event-stream")) return;
  if (answer.status === 101 || answer.isCut) return;
  const issues = described.issues(request, answer);
  expect(issues, `${request.method} ${request.path}: ${answer.text.slice(0, 500)}`).toEqual([]);
}

/** A machine that is busy makes one request late, a slow server every time. */
async function quickAnswer(send: () => Promise<GeneratedAnswer>): Promise<GeneratedAnswer> {
  const answer = await send();
  if (answer.tookMs > SLOW_MS) expect((await send()).tookMs).toBeLessThan(SLOW_MS);
  return answer;
}

function assertProblem(
  { method }: GeneratedRequest,
  { status, type, text }: GeneratedAnswer,
): void {
  if (status >= 500) expect([503, 507]).toContain(status);
  expect(type).toContain("application/problem+json");
  if (method === "HEAD") return;
  const problem = JSON.parse(text);
  expect(problem).toMatchObject({ status, ...PROBLEM });
  for (const { path, rule } of problem.issues ?? []) {
    expect(path).toMatch(/^(?:\/.*)?$/s);
    expect(rule).toMatch(/^\w[\w-]*$/);
  }
  if (status === 400) expect(problem.issues?.length ?? 0).toBeGreaterThan(0);
}

/** The position of the last change after one that is known. */
async function lastPosition(url: string, after: number): Promise<number> {
  for (let position = after; ; ) {
    const response = await fetch(`${url}/changes?after=${position}&limit=1000`);
    const { items } = (await response.json()) as { items: readonly { position: number }[] };
    const last = items.at(-1)?.position;
    if (last === undefined) return position;
    position = last;
  }
}
