import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, describe, expect, it } from "vitest";
import { eventually } from "./testing/eventually.ts";
import { type ProtocolServer, startProtocolServer } from "./testing/protocol-server.ts";

const SOURCE = `
  import { defineDriver, DriverManager } from "./index.ts";
  const driver = defineDriver({
    name: "bundled",
    resources: ["app"],
    async reconcile({ logger, resource, signal }) {
      logger.log({ step: "1" }, "building " + resource.name);
      if (resource.name === "waits") {
        await new Promise((resolve) => process.once("SIGTERM", resolve));
        logger.info("draining");
      }
      if (resource.name === "blocks") for (;;) logger.info("blocked") ?? Atomics.wait(cell, 0, 0, 20);
      if (resource.name === "stuck") await new Promise(() => setInterval(() => {}, 1000));
      return { success: true, message: "bundled" };
    },
  });
  const cell = new Int32Array(new SharedArrayBuffer(4));
  await new DriverManager(driver, { drainMs: 20_000 }).run();
`;

const directory = mkdtempSync(join(tmpdir(), "conveyor-bundle-"));
let children: ChildProcess[] = [];
let server: ProtocolServer | undefined;

afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
  await server?.close();
  rmSync(directory, { recursive: true, force: true });
});

async function startBundled(format: "esm" | "cjs"): Promise<ChildProcess> {
  server = await startProtocolServer();
  const isModule = format === "esm";
  const outfile = join(directory, isModule ? "driver.mjs" : "driver.cjs");
  await build({
    stdin: {
      contents: isModule ? SOURCE : SOURCE.replace("await new DriverManager", "new DriverManager"),
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    minify: true,
    platform: "node",
    format,
    outfile,
  });
  const env = { ...process.env, CONVEYOR_SERVER: server.url };
  const child = spawn(process.execPath, [outfile], { cwd: directory, env, stdio: "inherit" });
  children.push(child);
  return child;
}

function resource(name: string) {
  return { resource: { id: "1", name, resource: "app", metadata: {}, spec: {}, status: {} } };
}

describe("a driver in one bundled file", () => {
  it.each(["esm", "cjs"] as const)("works outside the repository (%s)", async (format) => {
    const child = await startBundled(format);
    await eventually(() => server!.hellos.length > 0);
    server!.assign(1, resource("web"));
    expect(await eventually(() => server!.lease(1).result)).toMatchObject({ message: "bundled" });
    expect(server!.messages(1)).toEqual(["building web"]);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(server!.frames.at(-1)).toEqual({ type: "goodbye" });
  });

  it("ends on SIGTERM only when its handlers have, and their results are delivered", async () => {
    const child = await startBundled("esm");
    await eventually(() => server!.hellos.length > 0);
    server!.assign(1, resource("waits"));
    await eventually(() => server!.messages(1).length === 1);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(server!.lease(1).result).toMatchObject({ success: true, lines: 2 });
    expect(server!.frames.map(({ type }) => type)).toContain("draining");
  });

  it("is alive for the server and sends its lines while a handler blocks the event loop", async () => {
    await startBundled("esm");
    await eventually(() => server!.hellos.length > 0);
    server!.assign(1, resource("blocks"));
    await eventually(() => server!.messages(1).length > 20);
    await eventually(() =>
      server!.progress.some(({ leases, lagMs }) => leases[0] === 1 && lagMs > 200),
    );
  });

  it("ends though a handler ignores its signal", { timeout: 30_000 }, async () => {
    const child = await startBundled("esm");
    await eventually(() => server!.hellos.length > 0);
    server!.assign(1, resource("stuck"));
    await eventually(() => server!.messages(1).length === 1);
    child.kill("SIGTERM");
    await eventually(() => server!.frames.some(({ type }) => type === "draining"));
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([1, null]);
    expect(server!.lease(1).result).toBeUndefined();
  });
});
