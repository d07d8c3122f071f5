import { ConveyorError } from "@conveyor-ci/core";
import { MemoryStorage } from "@conveyor-ci/testkit";
import { expect, it } from "vitest";
import { createControlPlane } from "../control-plane.ts";

it("a storage without room is 507 for who writes, and nothing for who reads", async () => {
  const storage = new MemoryStorage();
  const plane = createControlPlane({ storage, port: 0, logLevel: "silent" });
  const { url } = await plane.listen();
  const batch = storage.batch.bind(storage);
  const send = () =>
    fetch(`${url}/drivers/broadcast-message`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"message":"x"}',
    });
  const ready = async () => {
    const response = await fetch(`${url}/ready`);
    return { status: response.status, body: await response.json() };
  };
  const full = () => {
    const message = "the disk of /data has no room left";
    return Promise.reject(
      new ConveyorError({ code: "storage_full", message, hint: "free some space" }),
    );
  };
  const checkWritable = storage.checkWritable.bind(storage);
  try {
    storage.batch = full;
    storage.checkWritable = full;
    expect(await ready()).toMatchObject({ status: 507, body: { code: "storage_full" } });
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const refused = await send();
    expect(refused.status).toBe(507);
    expect(await refused.json()).toMatchObject({ code: "storage_full", hint: "free some space" });
    expect((await fetch(`${url}/changes`)).status).toBe(200);
    storage.batch = batch;
    storage.checkWritable = checkWritable;
    expect((await send()).status).toBe(200);
    await expect.poll(ready, { timeout: 4_000 }).toMatchObject({ status: 200 });
  } finally {
    storage.batch = batch;
    await plane.stop();
  }
});
