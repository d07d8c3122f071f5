import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { WireProblem } from "@conveyor-ci/contract";
import { describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { KIND } from "./harness/script.ts";
import { useWorld } from "./harness/world.ts";

const SMALL_MIB = 6;
const ROOMY_MIB = 64;
const SPEC = { payload: "x".repeat(300_000) };

/** Mounting needs rights that not every machine gives; the storage has a test of its own. */
function mount(...args: readonly string[]): boolean {
  return spawnSync("mount", args).status === 0;
}

function canMount(): boolean {
  return spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;
}

describe.skipIf(!canMount())("a disk that is full", () => {
  const world = useWorld("full-disk");

  it("P1, P9: is a 507 that changes nothing; what was answered is there, and it goes on", async () => {
    const disk = join(world.scope.directory, "disk");
    mkdirSync(disk);
    expect(mount("-t", "tmpfs", "-o", `size=${SMALL_MIB}m`, "tmpfs", disk)).toBe(true);
    world.scope.own(async () => {
      await world.server.kill();
      spawnSync("umount", [disk]);
    });
    await world.startServer({ data: join(disk, "data") });
    const { client, server } = world;
    const made: string[] = [];
    let refusal: unknown = null;
    while (refusal === null && made.length < 100) {
      const name = `app-${made.length}`;
      try {
        await client.resources.create({ name, resource: KIND, spec: SPEC });
        made.push(name);
      } catch (error) {
        refusal = error;
      }
    }
    expect(refusal).toMatchObject({ status: 507, code: "storage_full" });
    const names = async () => {
      const found: string[] = [];
      for await (const { name } of client.resources.list({ kind: KIND })) found.push(name);
      return found.sort();
    };
    expect(await names()).toEqual([...made].sort());
    // Until there is not even room for what is small.
    const filled = await eventually(async () => {
      const name = `small-${made.length}`;
      await client.resources.create({ name, resource: KIND, spec: {} }).then(
        () => made.push(name),
        () => {},
      );
      const ready = await fetch(`${server.url}/ready`);
      return ready.status === 507 ? ((await ready.json()) as WireProblem) : null;
    });
    expect(filled).toMatchObject({ code: "storage_full", hint: expect.any(String) });
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect(mount("-o", `remount,size=${ROOMY_MIB}m`, disk)).toBe(true);
    await eventually(async () => (await fetch(`${server.url}/ready`)).status === 200);
    await client.resources.create({ name: "later", resource: KIND, spec: SPEC });
    await server.kill();
    await server.start();
    expect(await names()).toEqual([...made, "later"].sort());
    await world.startDriver({ name: "builder" });
    const { status } = await client.resources.get({ kind: KIND, name: "later" });
    expect(await world.ended(String(status.run))).toMatchObject({ state: "succeeded" });
  });
});
