import { createTestControlPlane, type TestControlPlane } from "@conveyor-ci/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { driver } from "./sample-driver.mjs";

let plane: TestControlPlane;
beforeEach(async () => {
  plane = await createTestControlPlane({ drivers: [driver] });
  await plane.define({ name: "resource-1", schema: { type: "object" } });
});
afterEach(() => plane.stop());

it("logs five lines and succeeds", async () => {
  const id = await plane.apply({ name: "first", resource: "resource-1", spec: {} });
  const run = await plane.run(id);
  expect(run).toMatchObject({ state: "succeeded", steps: [{ driver: "sample-driver" }] });
  const lines = await plane.lines(id);
  expect(lines.map(({ message }) => message.slice(-3))).toEqual([
    "1/5",
    "2/5",
    "3/5",
    "4/5",
    "5/5",
  ]);
});

it("stops in the middle when its run is cancelled", async () => {
  const id = await plane.apply({ name: "first", resource: "resource-1", spec: {} });
  await plane.advance(0);
  await plane.client.runs.cancel(id);
  expect((await plane.run(id)).state).toBe("cancelled");
  expect(await plane.lines(id)).toHaveLength(1);
});
