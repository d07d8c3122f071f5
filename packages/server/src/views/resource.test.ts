import { EMPTY_LANE, type Resource, type ResourceVersion, type Run } from "@conveyor-ci/core";
import { expect, it } from "vitest";
import { viewResource } from "./resource.ts";
import { viewListedRun, viewRun } from "./run.ts";

const resource: Resource = {
  id: "id-1",
  kind: "app",
  name: "a",
  pipeline: null,
  version: 2,
  phase: "active",
  run: "r-1",
  lane: EMPTY_LANE,
  createdAt: 0,
  updatedAt: 0,
};
const version: ResourceVersion = {
  resource: "id-1",
  version: 2,
  pipeline: null,
  metadata: { team: "web" },
  spec: { n: 1 },
  run: "r-1",
  actor: "me",
  createdAt: 0,
};
const base = { name: null, needs: [], timeoutMs: null, ticket: null };
const attempt = {
  number: 1,
  token: 1,
  instance: "i",
  startedAt: 0,
  finishedAt: 1,
  outcome: "succeeded",
  code: null,
  message: null,
  stuck: false,
} as const;
const run: Run = {
  id: "r-1",
  position: 1,
  state: "failed",
  event: "create",
  resource: { id: "id-1", kind: "app", name: "a", version: 2 },
  pipeline: null,
  parent: null,
  actor: "me",
  ticket: null,
  steps: [
    {
      ...base,
      id: "build",
      driver: "builder",
      attempts: [attempt],
      state: "succeeded",
      finishedAt: 1,
      code: null,
      message: "done",
      hasData: true,
    },
    {
      ...base,
      id: "test",
      driver: "tester",
      attempts: [],
      state: "failed",
      finishedAt: 1,
      code: "instance_lost",
      message: "lost",
      hasData: false,
    },
  ],
  createdAt: 0,
  startedAt: 0,
  finishedAt: 1,
};

it("a resource shows its version and the results of its newest run beside the user's metadata", () => {
  const view = viewResource({ resource, version, run: { run, data: { build: [1] } } });
  expect(view.metadata).toEqual({
    team: "web",
    version: "2",
    "driverresults.builder": '{"success":true,"message":"done","data":[1]}',
  });
  expect(view).toMatchObject({ actor: "me", changedAt: "1970-01-01T00:00:00.000Z" });
  expect(view.status).toEqual({
    phase: "failed",
    run: "r-1",
    results: { build: { driver: "builder", success: true, message: "done", data: [1] } },
  });
});

it("a resource without a run is idle, one that is being deleted says so at its newest version only", () => {
  expect(viewResource({ resource, version, run: null }).status.phase).toBe("idle");
  const deleting = { ...resource, phase: "deleting" as const };
  expect(viewResource({ resource: deleting, version, run: null }).status.phase).toBe("deleting");
  const old = { ...version, version: 1 };
  expect(viewResource({ resource: deleting, version: old, run: null }).status.phase).toBe("idle");
});

it("a resource whose delete run did not succeed says so, with the run", () => {
  const deleting = { ...resource, phase: "deleting" as const };
  const phases = (
    ["running", "cancelling", "failed", "cancelled", "timed_out", "succeeded"] as const
  ).map((state) => {
    const ended = { run: { ...run, event: "delete", state }, data: {} } as const;
    return viewResource({ resource: deleting, version, run: ended }).status;
  });
  expect(phases.map(({ phase }) => phase)).toEqual([
    "deleting",
    "deleting",
    "deletion_failed",
    "deletion_failed",
    "deletion_failed",
    "deleting",
  ]);
  expect(phases[2]?.run).toBe("r-1");
});

it("times of a run are RFC 3339 with milliseconds, versions are texts", () => {
  const view = viewRun({ run, data: { build: [1] }, why: [], stepWhy: {} });
  expect(view.finishedAt).toBe("1970-01-01T00:00:00.001Z");
  expect(view.resource.version).toBe("2");
  expect(view.steps[0]?.result).toEqual({ success: true, message: "done", data: [1] });
  expect(view.steps[1]).toMatchObject({ code: "instance_lost", result: null });
});

it("lists leave out the data of results", () => {
  expect(viewListedRun(run).steps[0]?.result).toEqual({ success: true, message: "done" });
});
