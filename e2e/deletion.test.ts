import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { KIND, type Script } from "./harness/script.ts";
import { useWorld } from "./harness/world.ts";

describe("deleting a resource whose driver asked for deletions", () => {
  const world = useWorld("deletion");
  const at = { kind: KIND, name: "app-1" };

  /** A resource that is there, and a driver that has carried out its creation. */
  async function makeResource(script: Script): Promise<string> {
    await world.startServer();
    await world.startDriver({ name: "builder", events: ["create", "update", "delete"] });
    const id = await world.create("app-1", script);
    expect((await world.ended(id)).state).toBe("succeeded");
    return (await world.client.resources.get(at)).id;
  }

  async function deleteResource(): Promise<string> {
    const { runId } = await world.client.resources.delete(at);
    if (runId === null) throw new Error("there is no delete run");
    return runId;
  }

  it("keeps it, marked and closed to changes, until its delete run has succeeded", async () => {
    const oldId = await makeResource({ "builder@delete": [{ do: "gate", name: "removed" }] });
    const id = await deleteResource();
    await eventually(() => world.stage.entries("waiting", id).length === 1);
    expect((await world.client.resources.get(at)).status).toMatchObject({
      phase: "deleting",
      run: id,
    });
    await expect(world.client.resources.update(at, { spec: { n: 2 } })).rejects.toMatchObject({
      status: 409,
    });
    world.stage.open("removed");
    expect(await world.ended(id)).toMatchObject({ state: "succeeded", event: "delete" });
    await expect(world.client.resources.get(at)).rejects.toMatchObject({ status: 404 });

    const again = await world.ended(await world.create("app-1"));
    expect(again).toMatchObject({ event: "create", resource: { version: "1" } });
    const fresh = await world.client.resources.get(at);
    expect(fresh.id).not.toBe(oldId);
    expect(fresh.metadata["version"]).toBe("1");
    // History of the old one stays.
    expect((await world.run(id)).state).toBe("succeeded");
  });

  it("keeps it when its delete run fails, says so, and tries again when asked to", async () => {
    await makeResource({
      "builder@delete": [{ do: "fail", message: "still mounted", unless: "unmounted" }],
    });
    const failed = await deleteResource();
    expect((await world.ended(failed)).state).toBe("failed");
    expect((await world.client.resources.get(at)).status).toMatchObject({
      phase: "deletion_failed",
      run: failed,
      results: { builder: { success: false, message: "still mounted" } },
    });
    await expect(world.client.resources.update(at, { spec: { n: 2 } })).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining(`its run ${failed} failed`),
    });
    world.stage.open("unmounted");
    const second = await deleteResource();
    expect(second).not.toBe(failed);
    expect((await world.ended(second)).state).toBe("succeeded");
    await expect(world.client.resources.get(at)).rejects.toMatchObject({ status: 404 });
  });

  it("lets go of it at once by force, whatever its delete run does", async () => {
    await makeResource({ "builder@delete": [{ do: "gate", name: "never" }] });
    const id = await deleteResource();
    await eventually(() => world.stage.entries("waiting", id).length === 1);
    expect(await world.client.resources.delete(at, { force: true })).toEqual({ runId: null });
    await expect(world.client.resources.get(at)).rejects.toMatchObject({ status: 404 });
    const [aborted] = await eventually(() => {
      const entries = world.stage.entries("aborted", id);
      return entries.length > 0 && entries;
    });
    expect(aborted?.detail).toBe("superseded");
    expect((await world.ended(id)).state).toBe("cancelled");
  });

  it("ends the runs that are under way first", async () => {
    await world.startServer();
    await world.startDriver({ name: "builder", events: ["*", "delete"] });
    const running = await world.create("app-1", {
      "builder@create": [{ do: "gate", name: "never" }],
    });
    await eventually(() => world.stage.entries("waiting", running).length === 1);
    const { runId: queued } = await world.client.resources.update(at, { spec: {} });
    const id = await deleteResource();
    expect((await world.ended(id)).state).toBe("succeeded");
    for (const run of [running, queued!]) expect((await world.run(run)).state).toBe("cancelled");
    expect(world.stage.entries("start", queued!)).toEqual([]);
    const [start] = world.stage.entries("start", id);
    expect(start!.at).toBeGreaterThan(world.stage.entries("end", running)[0]!.at);
  });
});
