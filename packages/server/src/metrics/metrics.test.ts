import { afterEach, beforeEach, expect, it } from "vitest";
import { BUILDER, startTestApi, type TestApi } from "../testing/test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
  await api.call("POST /resource-definitions", { name: "app", schema: { type: "object" } });
});
afterEach(() => api.stop());

async function createApp(name: string): Promise<string> {
  const { json } = await api.call("POST /resources", { resource: "app", name, spec: {} });
  return String(json.runid);
}

/** The value of one sample, named with its labels. */
async function sample(name: string): Promise<number> {
  const { text } = await api.call("GET /metrics");
  return sampleIn(text, name);
}

function sampleIn(text: string, name: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
}

it("metrics tell of runs by state, and of what is queued and since when by driver", async () => {
  const builder = await api.connect({ ...BUILDER, concurrency: 1 });
  await builder.next("welcome");
  for (const name of ["a", "b", "c"]) await createApp(name);
  const { lease } = await builder.next("assign");
  expect(await sample('conveyor_runs_unfinished{state="running"}')).toBe(1);
  expect(await sample('conveyor_runs_unfinished{state="pending"}')).toBe(2);
  expect(await sample('conveyor_runs_unfinished{state="cancelling"}')).toBe(0);
  expect(await sample('conveyor_queue_depth{driver="builder"}')).toBe(2);
  const age = await sample('conveyor_queue_oldest_seconds{driver="builder"}');
  expect(age).toBeGreaterThan(0);
  expect(age).toBeLessThan(60);
  builder.send({ type: "result", lease, lines: 0, success: true, message: "", data: null });
  await builder.next("assign");
  expect(await sample('conveyor_runs_ended_total{state="succeeded"}')).toBe(1);
  expect(await sample("conveyor_runs_created_total")).toBe(3);
  expect(await sample('conveyor_lease_wait_seconds_bucket{le="+Inf"}')).toBe(2);
  expect(await sample("conveyor_lease_wait_seconds_count")).toBe(2);
  expect(await sample("conveyor_lease_wait_seconds_sum")).toBeGreaterThan(0);
  expect(await sample("conveyor_leases_lost_total")).toBe(0);
});

it("metrics count the lines that were stored, and how long commits took", async () => {
  const builder = await api.connect(BUILDER);
  await builder.next("welcome");
  const runid = await createApp("a");
  await api.call("POST /logs", { runid, driver: "builder", message: "12345" });
  expect(await sample("conveyor_log_lines_stored_total")).toBe(1);
  expect(await sample("conveyor_log_bytes_stored_total")).toBe(5);
  // A look at what is due commits between two scrapes.
  const { text } = await api.call("GET /metrics");
  const commits = sampleIn(text, "conveyor_commit_seconds_count");
  expect(commits).toBeGreaterThanOrEqual(4);
  expect(sampleIn(text, 'conveyor_commit_seconds_bucket{le="+Inf"}')).toBe(commits);
  expect(sampleIn(text, "conveyor_commit_seconds_sum")).toBeGreaterThan(0);
});

it("the delay of the event loop is in seconds, from one question to the next", async () => {
  const delay = (quantile: string) =>
    sample(`conveyor_event_loop_delay_seconds{quantile="${quantile}"}`);
  expect(await delay("1")).toBe(0);
  const afterBlocking = async () => {
    for (const end = performance.now() + 120; performance.now() < end; );
    return delay("1");
  };
  await expect.poll(afterBlocking, { timeout: 4_000 }).toBeGreaterThan(0.05);
  expect(await delay("0.5")).toBeLessThan(10);
});

it("no label of a metric has an id, a name or a path of the user's making", async () => {
  const runid = await createApp("secret-name");
  await api.call(`GET /runs/${runid}`);
  await api.call("GET /resources/app/secret-name");
  await api.call("GET /none/secret-name");
  const { text } = await api.call("GET /metrics");
  expect(text).toContain('endpoint="/runs/:id"');
  expect(text).not.toContain(runid);
  expect(text).not.toContain("secret-name");
});
