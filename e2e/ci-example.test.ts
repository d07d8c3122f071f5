import { describe, expect, it } from "vitest";
import { ROOT } from "./harness/root.ts";
import { useWorld } from "./harness/world.ts";

describe("the CI platform in examples/ci", () => {
  const world = useWorld("ci");

  function start(env: Record<string, string>) {
    const command = ["node", "examples/ci/run.mjs"];
    return world.scope.start({ command, cwd: ROOT, env });
  }

  it("packages a commit that passes its test, and names the step and exit code of one that does not", async () => {
    const child = start({ CONVEYOR_SERVER: "" });
    expect(await child.exit).toEqual({ code: 0, signal: null });
    const said = child.lines.join("\n");
    expect(said).toMatch(/control plane http:\/\/127\.0\.0\.1:\d+/);
    expect(said).toMatch(/checkout \| \$ git clone/);
    expect(said).toMatch(/test {5}\| .* pass 1/);
    expect(said).toMatch(/run \S+ succeeded/);
    expect(said).toMatch(/package {2}succeeded .*\n.* sha256:[0-9a-f]{64}/);
    expect(said).toMatch(/test {5}\| .* fail 1/);
    expect(said).toMatch(/run \S+ failed/);
    expect(said).toContain("failed    step test: `node --test` exited with code 1");
    expect(said).toContain("skipped   step test failed");
  });

  it("works on a control plane that runs already, again and again", async () => {
    const server = await world.startServer();
    for (let time = 1; time <= 2; time += 1) {
      const child = start({ CONVEYOR_SERVER: server.url });
      expect(await child.exit).toEqual({ code: 0, signal: null });
    }
    const runs = await world.client.runs.list({ pipeline: "ci" }).page();
    expect(runs.items.map(({ state }) => state)).toEqual([
      "failed",
      "succeeded",
      "failed",
      "succeeded",
    ]);
    const [failed] = runs.items;
    expect(failed?.steps.map(({ id, state }) => [id, state])).toEqual([
      ["checkout", "succeeded"],
      ["test", "failed"],
      ["package", "skipped"],
    ]);
  });
});
