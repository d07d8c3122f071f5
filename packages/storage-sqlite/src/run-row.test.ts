import {
  type Attempt,
  cancellingStep,
  endedStep,
  queuedStep,
  type Run,
  runningStep,
  type StepRun,
  type StepRunBase,
  waitingStep,
} from "@conveyor-ci/core";
import { describe, expect, it } from "vitest";
import { docOfResource, docOfVersion, resourceFromRow, versionFromRow } from "./resource-row.ts";
import { docOfRun, runFromRow } from "./run-row.ts";

const lease = { token: 7, session: "builder/one" };
const attempt: Attempt = {
  number: 1,
  token: 7,
  instance: "one",
  startedAt: 20,
  finishedAt: 30,
  outcome: "lost",
  code: "instance_lost",
  message: null,
  stuck: true,
};
const ticket = {
  waitsFor: [{ run: "run-0", step: null }],
  blocks: [{ run: "run-2", step: "builder" }],
};
const base: StepRunBase = {
  id: "build",
  name: "Build it",
  driver: "builder",
  needs: ["fetch", "check"],
  timeoutMs: 5_000,
  ticket,
  attempts: [attempt],
};
const running = runningStep(base, { lease, attempts: [attempt] });
const end = { attempts: [attempt], finishedAt: 40, code: null, message: "done", hasData: true };

const STEPS: readonly StepRun[] = [
  waitingStep(base, ticket),
  queuedStep(base, { since: 9, former: null }),
  queuedStep(base, { since: 9, former: lease }),
  running,
  cancellingStep(running, { reason: "superseded", since: 11 }),
  runningStep(base, { lease: { ...lease, timeoutAt: 50 }, attempts: [attempt] }),
  cancellingStep(
    { ...running, lease: { ...lease, timeoutAt: 50, stuckAt: 60 } },
    { reason: "user", since: 11 },
  ),
  ...(["succeeded", "failed", "cancelled", "skipped", "timed_out"] as const).map((state) =>
    endedStep(base, { ...end, state }),
  ),
];

const pinned = { id: "pipeline-1", name: "release", revision: 3 };

function runOf(step: StepRun, pipeline: Run["pipeline"]): Run {
  return {
    id: "run-1",
    position: 5,
    state: "running",
    event: "update",
    resource: { id: "resource-1", kind: "app", name: "app-1", version: 2 },
    pipeline,
    parent: pipeline === null ? null : "run-0",
    actor: "ada",
    ticket: pipeline === null ? null : ticket,
    steps: [step, step],
    createdAt: 1,
    startedAt: 2,
    finishedAt: pipeline === null ? null : 3,
  };
}

describe("a row", () => {
  it.each(STEPS.map((step) => [step.state, step] as const))(
    "gives back a run as it was written, a step run %s",
    (_, step) => {
      for (const pipeline of [null, pinned]) {
        const run = runOf(step, pipeline);
        const { id, position, state } = run;
        const { kind, name } = run.resource;
        const columns = { id, position, state, kind, name, pipeline: pipeline?.name ?? null };
        expect(runFromRow({ ...columns, doc: docOfRun(run) })).toEqual(run);
      }
    },
  );

  it("gives back a resource with its lane, whatever its drivers are called", () => {
    const columns = { id: "r", kind: "app", name: "a", version: 2, phase: "active" } as const;
    const drivers = JSON.parse('{"__proto__":{"run":"run-1","step":"b"}}');
    for (const last of [null, { run: "run-0", step: null }]) {
      const lane = { last, drivers, orphans: true };
      const resource = {
        ...columns,
        pipeline: null,
        run: "run-1",
        lane,
        createdAt: 1,
        updatedAt: 2,
      };
      const row = { ...columns, pipeline: null, doc: docOfResource(resource) };
      expect(resourceFromRow(row)).toEqual(resource);
      expect(Object.keys(resourceFromRow(row).lane.drivers)).toEqual(["__proto__"]);
    }
  });

  it("gives back a version", () => {
    const at = { resource: "resource-1", version: 2 };
    const content = { pipeline: "release", metadata: { team: "web" }, spec: { a: [1, null] } };
    const version = { ...at, ...content, run: "run-1", actor: "ada", createdAt: 1 };
    expect(versionFromRow({ ...at, doc: docOfVersion(version) })).toEqual(version);
  });
});
