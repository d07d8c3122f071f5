import { describe, expect, it } from "vitest";
import { line, World } from "../testing/world.ts";

function working(limits: { maxRunLogBytes?: number } = {}): { world: World; run: string } {
  const world = new World({ limits });
  world.connect({ driver: "builder" });
  const run = world.create("app-1");
  world.claim();
  return { world, run };
}

function messages(world: World): readonly string[] {
  const chunks = [...world.records.all("chunk")].sort((a, b) => a.first - b.first);
  return chunks.flatMap(({ lines, first }) =>
    lines.map(({ message }, i) => `${first + i} ${message}`),
  );
}

describe("lines (P6)", () => {
  it("are counted once: what is repeated is acknowledged, what overlaps is trimmed", () => {
    const { world, run } = working();
    const lease = world.lease(run, "builder");
    expect(world.must(world.linesCommand(lease, 0, ["a", "b"]))).toEqual({ received: 2 });
    expect(world.must(world.linesCommand(lease, 0, ["a", "b"]))).toEqual({ received: 2 });
    expect(world.must(world.linesCommand(lease, 1, ["b", "c"]))).toEqual({ received: 3 });
    expect(messages(world)).toEqual(["1 a", "2 b", "3 c"]);
  });

  it("are refused when lines before them have not arrived", () => {
    const { world, run } = working();
    const lease = world.lease(run, "builder");
    expect(world.refusal(world.linesCommand(lease, 1, ["b"])).code).toBe("lines_missing");
    expect(messages(world)).toEqual([]);
  });

  it("start again from 0 with a new lease, and seq goes on", () => {
    const { world, run } = working();
    world.must(world.linesCommand(world.lease(run, "builder"), 0, ["a"]));
    world.disconnect("builder/one", true);
    world.connect({ driver: "builder" });
    world.claim();
    world.must(world.linesCommand(world.lease(run, "builder"), 0, ["again"]));
    expect(messages(world)).toEqual(["1 a", "2 again"]);
    expect(world.records.all("chunk").map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it("share one seq over all step runs and lines from outside", () => {
    const world = new World();
    for (const driver of ["a", "b"]) world.connect({ driver });
    const run = world.create("app-1");
    world.claim();
    world.must(world.linesCommand(world.lease(run, "a"), 0, ["from a"]));
    world.must(world.linesCommand(world.lease(run, "b"), 0, ["from b"]));
    const written = world.must({ kind: "writeLine", run, driver: "a", line: line("from outside") });
    expect(written).toEqual({ seq: 3 });
    expect(messages(world)).toEqual(["1 from a", "2 from b", "3 from outside"]);
  });

  it("say where a log was cut off, and are still acknowledged after that", () => {
    const { world, run } = working({ maxRunLogBytes: 150 });
    const lease = world.lease(run, "builder");
    const sent = ["one", "two", "three", "four"];
    expect(world.must(world.linesCommand(lease, 0, sent))).toEqual({ received: 4 });
    expect(world.must(world.linesCommand(lease, 4, ["five"]))).toEqual({ received: 5 });
    expect(messages(world)).toHaveLength(3);
    expect(messages(world).at(-1)).toContain("cut off");
    expect(world.must({ ...world.resultCommand(lease), lines: 5 })).toEqual({ state: "recorded" });
  });

  it("from outside are refused once the run has ended, or for a driver without a part in it", () => {
    const { world, run } = working();
    const outside = { kind: "writeLine", run, line: line("x") } as const;
    expect(world.refusal({ ...outside, driver: "nobody" }).issues?.[0]?.path).toBe("/driver");
    world.finish(run, "builder");
    expect(world.refusal({ ...outside, driver: "builder" }).code).toBe("run_finished");
  });
});

describe("a result (P2, P6)", () => {
  it("is acknowledged again when it is repeated, and counted once", () => {
    const { world, run } = working();
    const lease = world.lease(run, "builder");
    expect(world.must(world.resultCommand(lease))).toEqual({ state: "recorded" });
    const before = world.records.snapshot();
    expect(world.must(world.resultCommand(lease, false))).toEqual({ state: "repeated" });
    expect(world.records.snapshot()).toEqual(before);
  });

  it("is refused while lines before it are missing", () => {
    const { world, run } = working();
    const lease = world.lease(run, "builder");
    world.must(world.linesCommand(lease, 0, ["a"]));
    const result = world.resultCommand(lease);
    expect(world.refusal({ ...result, lines: 2 }).code).toBe("lines_missing");
    world.must(world.linesCommand(lease, 1, ["b"]));
    expect(world.must({ ...result, lines: 2 })).toEqual({ state: "recorded" });
  });

  it("that says failure fails the step run and its run, and names why", () => {
    const { world, run } = working();
    const result = world.resultCommand(world.lease(run, "builder"), false);
    world.must({ ...result, code: "driver_error" });
    expect(world.step(run, "builder")).toMatchObject({ code: "driver_error", message: "broken" });
    expect(world.run(run).state).toBe("failed");
  });

  it("keeps its data apart from the run", () => {
    const { world, run } = working();
    const { result, ...rest } = world.resultCommand(world.lease(run, "builder"));
    world.must({ ...rest, result: { ...result, data: { image: "x" } } });
    expect(world.step(run, "builder")).toMatchObject({ hasData: true });
    expect(world.records.all("data")).toEqual([{ run, step: "builder", data: { image: "x" } }]);
  });
});
