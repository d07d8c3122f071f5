import { ManualClock, MemoryStorage } from "@conveyor-ci/testkit";
import { expect, it } from "vitest";
import { Readiness } from "./readiness.ts";

it("a storage is looked at again a second later, not for everyone who asks", async () => {
  const clock = new ManualClock();
  const storage = new MemoryStorage();
  let looks = 0;
  let isFull = false;
  storage.checkWritable = () => {
    looks += 1;
    return isFull ? Promise.reject(new Error("full")) : Promise.resolve();
  };
  const readiness = new Readiness(storage, clock);
  await Promise.all([readiness.check(), readiness.check()]);
  expect(looks).toBe(1);
  isFull = true;
  await readiness.check();
  await clock.advance(1_000);
  await expect(readiness.check()).rejects.toThrow("full");
  isFull = false;
  await expect(readiness.check()).rejects.toThrow("full");
  await clock.advance(1_000);
  await readiness.check();
  expect(looks).toBe(3);
});
