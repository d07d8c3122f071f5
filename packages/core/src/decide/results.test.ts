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

function attempts(world: World): readonly number[] {
  return world.records.all("chunk").map(({ attempt }) => attempt);
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

  it("that are repeated after the result are acknowledged again, new ones are refused", () => {
    const { world, run } = working();
    const lease = world.lease(run, "builder");
    world.must(world.linesCommand(lease, 0, ["a", "b"]));
    world.must({ ...world.resultCommand(lease), lines: 2 });
    expect(world.must(world.linesCommand(lease, 0, ["a"]))).toEqual({ received: 2 });
    expect(world.must(world.linesCommand(lease, 1, ["b"]))).toEqual({ received: 2 });
    expect(world.refusal(world.linesCommand(lease, 2, ["c"])).code).toBe("lease_lost");
    expect(messages(world)).toEqual(["1 a", "2 b"]);
  });

  it("are told to those who follow, with where they belong", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build", driver: "builder" }]);
    world.connect({ driver: "builder" });
    const run = world.create("app-1", "p");
    world.claim();
    world.must(world.linesCommand(world.lease(run, "build"), 0, ["a"]));
    const [chunk] = world.records.all("chunk");
    const place = { run, driver: "builder", pipeline: "p", step: "build", attempt: 1, first: 1 };
    expect(chunk).toMatchObject({ ...place, storedAt: world.records.now });
    expect(world.effects("appended")).toEqual([{ kind: "appended", chunk }]);
  });

  it("start again from 0 with a new lease, and seq goes on", () => {
    const { world, run } = working();
    world.must(world.linesCommand(world.lease(run, "builder"), 0, ["a"]));
    world.disconnect("builder/one", true);
    world.connect({ driver: "builder" });
    world.claim();
    world.must(world.linesCommand(world.lease(run, "builder"), 0, ["again"]));
    expect(messages(world)).toEqual(["1 a", "2 again"]);
    expect(attempts(world)).toEqual([1, 2]);
  });

  it("belong to the newest attempt, also those from outside", () => {
    const { world, run } = working();
    for (let attempt = 2; attempt <= 3; attempt += 1) {
      world.disconnect("builder/one", true);
      world.connect({ driver: "builder" });
      world.claim();
    }
    world.must({ kind: "writeLines", run, driver: "builder", lines: [line("from outside")] });
    world.must(world.linesCommand(world.lease(run, "builder"), 0, ["from the third"]));
    expect(attempts(world)).toEqual([3, 3]);
  });

  it("from outside belong to the first attempt while there was none", () => {
    const world = new World();
    world.connect({ driver: "builder" });
    const run = world.create("app-1");
    world.must({ kind: "writeLines", run, driver: "builder", lines: [line("early")] });
    expect(attempts(world)).toEqual([1]);
  });

  it("share one seq over all step runs and lines from outside", () => {
    const world = new World();
    for (const driver of ["a", "b"]) world.connect({ driver });
    const run = world.create("app-1");
    world.claim();
    world.must(world.linesCommand(world.lease(run, "a"), 0, ["from a"]));
    world.must(world.linesCommand(world.lease(run, "b"), 0, ["from b"]));
    const written = world.must({
      kind: "writeLines",
      run,
      driver: "a",
      lines: [line("from outside")],
    });
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
    const lines = world.records.all("chunk").flatMap((chunk) => chunk.lines);
    expect(lines.at(-1)).toMatchObject({ level: "warn", labels: { conveyor: "cut-off" } });
    expect(world.must({ ...world.resultCommand(lease), lines: 5 })).toEqual({ state: "recorded" });
  });

  it("take their text, their labels and what stands around both; the limit may be reached", () => {
    const labelled = { ...line("one"), labels: { stage: "test" } };
    const sizeBytes = 64 + "one".length + "stage".length + "test".length + 6;
    for (const [spare, kept] of [
      [0, ["one", "one"]],
      [-1, ["one", "the log of this run was cut off here"]],
    ] as const) {
      const maxRunLogBytes = 2 * sizeBytes + spare;
      const { world, run } = working({ maxRunLogBytes });
      for (let n = 0; n < 2; n += 1) {
        world.must({ kind: "writeLines", run, driver: "builder", lines: [labelled] });
      }
      const messages = world.records.all("chunk").map(({ lines }) => lines[0]?.message);
      expect(messages).toEqual(kept.map((text) => expect.stringContaining(text)));
      expect(world.records.all("head")[0]?.cutOff).toBe(spare < 0);
    }
  });

  it("from outside come together, each in a chunk of its own", () => {
    const { world, run } = working();
    const lines = [line("one"), line("two")];
    expect(world.must({ kind: "writeLines", run, driver: "builder", lines })).toEqual({ seq: 2 });
    expect(messages(world)).toEqual(["1 one", "2 two"]);
    expect(world.records.all("chunk")).toHaveLength(2);
  });

  it("from outside are refused once the run has ended, or for a driver without a part in it", () => {
    const { world, run } = working();
    const outside = { kind: "writeLines", run, lines: [line("x")] } as const;
    expect(world.refusal({ ...outside, driver: "nobody" })).toMatchObject({
      hint: "those that have one: builder",
      issues: [{ path: "/driver", rule: "exists" }],
    });
    world.finish(run, "builder");
    expect(world.refusal({ ...outside, driver: "builder" }).code).toBe("run_finished");
  });
});

describe("a lease of a step run that there is not", () => {
  it("is lost, whatever comes for it", () => {
    const { world, run } = working();
    for (const lease of [
      { ...world.lease(run, "builder"), step: "none" },
      { ...world.lease(run, "builder"), run: "none" },
    ]) {
      expect(world.refusal(world.linesCommand(lease, 0, ["a"])).code).toBe("lease_lost");
      expect(world.refusal(world.resultCommand(lease)).code).toBe("lease_lost");
    }
  });
});

describe("a line from outside of a run that nobody listens to", () => {
  it("is refused: no driver has a part in it yet", () => {
    const world = new World();
    const run = world.create("app-1");
    const outside = { kind: "writeLines", run, driver: "builder", lines: [line("x")] } as const;
    expect(world.refusal(outside).hint).toBe("no driver has one yet");
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

  it("without data keeps none, and writes its run and the session of its lease alone", () => {
    const { world, run } = working();
    world.finish(run, "builder");
    expect(world.writes()).toEqual(["run", "session"]);
    expect(world.step(run, "builder")).toMatchObject({ hasData: false });
    expect(world.records.all("data")).toEqual([]);
  });
});
