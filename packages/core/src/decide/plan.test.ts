/** What each command loads, round by round: two commands of a kind, that both take no more rounds. */
import { describe, expect, it } from "vitest";
import type { Load } from "../store/load.ts";
import { type Asked, KIND, line, World } from "../testing/world.ts";

/** A round's loads by table or search, with their number where it is not one. */
function textOf(round: readonly Load[]): string {
  const counts = new Map<string, number>();
  for (const load of round) {
    const what = load.kind === "record" ? load.key.table : load.request.search.kind;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([what, count]) => (count === 1 ? what : `${count} ${what}`)).join(", ");
}

function rounds(world: World, ...commands: readonly Asked[]): readonly string[] {
  const outcomes = world.batch(...commands);
  const refused = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.refusal.code]));
  expect(refused).toEqual([]);
  return world.records.rounds.map(textOf);
}

const NAMES = ["app-1", "app-2"] as const;

/** Two resources, each with a run that an instance of builder works on. */
function working(pipeline: string | null = null) {
  const world = new World();
  world.pipeline(
    "p",
    [{ id: "build", driver: "builder", timeout: "5s" }],
    ["create", "update", "delete"],
  );
  world.connect({ driver: "builder" });
  const runs = NAMES.map((name) => world.create(name, pipeline));
  world.claim();
  const step = pipeline === null ? "builder" : "build";
  return { world, runs, leases: runs.map((run) => world.lease(run, step)) };
}

function definition(name: string) {
  return { name, description: null, version: null, schema: true };
}

describe("a batch loads what its commands need together", () => {
  it("to create, apply and delete definitions", () => {
    const world = new World();
    const make = (name: string) =>
      ({ kind: "createDefinition", id: name, mode: "apply", content: definition(name) }) as const;
    expect(rounds(world, make("a"), make("b"))).toEqual(["2 definition"]);
    const remove = (name: string) => ({ kind: "deleteDefinition", name }) as const;
    expect(rounds(world, remove("a"), remove("b"))).toEqual(["2 definition, 2 usesOfDefinition"]);
  });

  it("to put and delete pipelines", () => {
    const world = new World();
    const content = definition("job");
    world.must({ kind: "createDefinition", id: "def-2", mode: "create", content });
    const {
      id: _,
      revision: _r,
      createdAt: _c,
      updatedAt: _u,
      ...p
    } = world.pipeline("p", [{ id: "a" }]);
    const put = (name: string, resource: string) =>
      ({
        kind: "putPipeline",
        id: name,
        mode: "apply",
        content: { ...p, name, resource },
      }) as const;
    expect(rounds(world, put("q", KIND), put("r", "job"))).toEqual(["2 definition, 2 pipeline"]);
    const remove = (name: string) => ({ kind: "deletePipeline", name }) as const;
    expect(rounds(world, remove("q"), remove("r"))).toEqual(["2 pipeline, 2 usesOfPipeline"]);
  });

  it("to create resources", () => {
    const { world } = working();
    const made = ["app-3", "app-4"].map((name) => world.createCommand(name));
    expect(rounds(world, ...made)).toEqual(["definition, listeners, 2 resource"]);
    const piped = ["app-5", "app-6"].map((name) => world.createCommand(name, "p"));
    expect(rounds(world, ...piped)).toEqual(["definition, pipeline, 2 resource"]);
  });

  it("to change resources: the version that they have, and those whose place theirs comes behind", () => {
    const { world } = working();
    const update = NAMES.map((name) => world.updateCommand(name));
    expect(rounds(world, ...update)).toEqual([
      "definition, listeners, 2 resource",
      "2 run, 2 version",
    ]);
    const piped = working("p");
    const again = NAMES.map((name) => piped.world.updateCommand(name, "p"));
    expect(rounds(piped.world, ...again)).toEqual([
      "definition, pipeline, 2 resource",
      "2 run, 2 version",
    ]);
  });

  it("to delete resources through their pipelines", () => {
    const { world } = working("p");
    world.pipeline("q", [{ id: "build", driver: "builder" }], ["delete"]);
    world.update("app-2", "q");
    expect(rounds(world, ...NAMES.map((name) => world.removeCommand(name)))).toEqual([
      "listeners, 2 openRuns, 2 resource",
      "2 pipeline",
    ]);
  });

  it("to delete resources that never had a run", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build" }], ["update"]);
    for (const name of NAMES) world.create(name, "p");
    expect(rounds(world, ...NAMES.map((name) => world.removeCommand(name)))).toEqual([
      "listeners, 2 openRuns, 2 resource",
      "pipeline",
    ]);
  });

  it("to delete resources whose runs have ended: the newest of them", () => {
    const { world, leases } = working();
    for (const lease of leases) world.must(world.resultCommand(lease));
    expect(rounds(world, ...NAMES.map((name) => world.removeCommand(name)))).toEqual([
      "listeners, 2 openRuns, 2 resource",
      "2 run",
    ]);
  });

  it("to cancel runs: the sessions of their leases, and their neighbours in the lane", () => {
    const { world, runs } = working();
    for (const name of NAMES) world.update(name);
    const cancel = runs.map((run) => ({ kind: "cancelRun", run, reason: "user" }) as const);
    expect(rounds(world, ...cancel)).toEqual(["2 run", "2 resource, 2 run, session"]);
  });

  it("to cancel runs of a pipeline", () => {
    const { world, runs } = working("p");
    for (const name of NAMES) world.update(name);
    const cancel = runs.map((run) => ({ kind: "cancelRun", run, reason: "user" }) as const);
    expect(rounds(world, ...cancel)).toEqual(["2 run", "2 resource, 2 run, session"]);
  });

  it("to cancel runs that wait: those ahead of them", () => {
    const { world } = working();
    const waiting = NAMES.map((name) => world.update(name));
    const cancel = waiting.map((run) => ({ kind: "cancelRun", run, reason: "user" }) as const);
    expect(rounds(world, ...cancel)).toEqual(["2 run", "2 resource, 2 run"]);
  });

  it("to run again: what the parent followed, and its resource's lane", () => {
    const { world, runs } = working();
    const rerun = (run: string) => ({ kind: "rerunRun", run, runId: world.id("run") }) as const;
    for (const name of NAMES) world.update(name);
    expect(rounds(world, ...runs.map(rerun))).toEqual(["2 run", "listeners, 2 resource", "2 run"]);
    const piped = working("p");
    for (const name of NAMES) piped.world.update(name);
    expect(rounds(piped.world, ...piped.runs.map(rerun))).toEqual([
      "2 run",
      "2 resource, revision",
      "2 run",
    ]);
  });

  it("to take lines: the runs, and the heads of their logs", () => {
    const { world, runs, leases } = working();
    const lines = leases.map((lease) => world.linesCommand(lease, 0, ["a"]));
    expect(rounds(world, ...lines)).toEqual(["2 run", "2 head"]);
    const own = { driver: "builder", lines: [line("x")] };
    const written = runs.map((run) => ({ kind: "writeLines", run, ...own }) as const);
    expect(rounds(world, ...written)).toEqual(["2 run", "2 head"]);
  });

  it("to record results: no head of a log where there are no lines", () => {
    const { world, leases } = working();
    const results = leases.map((lease) => world.resultCommand(lease));
    expect(rounds(world, ...results)).toEqual(["2 run", "session"]);
  });

  it("to record results that count lines, and to queue what was behind them", () => {
    const { world, leases } = working();
    for (const name of NAMES) world.update(name);
    for (const lease of leases) world.must(world.linesCommand(lease, 0, ["a"]));
    const results = leases.map((lease) => ({ ...world.resultCommand(lease), lines: 1 }));
    expect(rounds(world, ...results)).toEqual(["2 run", "2 head, 2 run, session"]);
  });

  it("to record results of runs that may then be removed: their resources", () => {
    const { world, runs, leases } = working();
    for (const run of runs) world.cancel(run);
    const results = leases.map((lease) => world.resultCommand(lease));
    expect(rounds(world, ...results)).toEqual(["2 run", "2 resource, session"]);
  });

  it("to record results of deletions: their resources", () => {
    const world = new World();
    world.connect({ driver: "builder", events: ["delete"] });
    for (const name of NAMES) world.create(name);
    const runs = NAMES.map((name) => world.remove(name) ?? "");
    world.claim();
    const results = runs.map((run) => world.resultCommand(world.lease(run, "builder")));
    expect(rounds(world, ...results)).toEqual(["2 run", "2 resource, session"]);
  });

  it("to record results of pipelines' runs", () => {
    const { world, leases } = working("p");
    for (const name of NAMES) world.update(name);
    const results = leases.map((lease) => world.resultCommand(lease));
    expect(rounds(world, ...results)).toEqual(["2 run", "2 run, session"]);
  });

  it("to greet instances", () => {
    const world = new World();
    const hello = ["a", "b"].map((driver) =>
      world.helloCommand({ driver, events: ["create", "delete"] }),
    );
    expect(rounds(world, ...hello)).toEqual(["2 driver, listeners, orphans, 2 session"]);
  });

  it("to greet instances that come back: the runs of their leases, and the heads of those named", () => {
    const { world, leases } = working();
    const [first] = leases;
    world.tick(60_000);
    const one = world.helloCommand({ driver: "builder", leases: first ? [first] : [] });
    const two = world.helloCommand({ driver: "builder", instance: "two" });
    expect(rounds(world, one, two)).toEqual([
      "driver, listeners, 2 orphans, run, 2 session",
      "head",
    ]);
  });

  it("to greet instances that lost what they were sent: the runs of their leases", () => {
    const { world } = working();
    const [other = ""] = ["app-3"].map((name) => world.create(name));
    world.claim();
    expect(world.states(other)).toEqual(["running"]);
    expect(rounds(world, world.helloCommand({ driver: "builder" }))).toEqual([
      "driver, listeners, 2 orphans, session",
      "3 run",
    ]);
  });

  it("to adopt: the orphans' resources, and whose place theirs comes behind", () => {
    const world = new World();
    world.pipeline("p", [{ id: "build" }]);
    for (const name of NAMES) world.create(name);
    for (const name of NAMES) world.update(name, "p");
    for (const name of NAMES) world.update(name);
    expect(rounds(world, world.helloCommand({ driver: "builder" }))).toEqual([
      "driver, listeners, 2 orphans, session",
      "4 run",
      "2 resource, 2 run",
    ]);
  });

  it("to adopt for the end of a lane: whose place theirs comes behind", () => {
    const world = new World();
    const parents = NAMES.map((name) => world.create(name));
    for (const run of parents) world.cancel(run);
    world.connect({ driver: "builder", events: ["update"] });
    for (const name of NAMES) world.update(name);
    for (const run of parents) world.rerun(run);
    expect(rounds(world, world.helloCommand({ driver: "builder" }))).toEqual([
      "driver, listeners, 2 orphans, session",
      "2 run",
      "2 resource",
      "2 run",
    ]);
  });

  it("to renew, drain and part from sessions", () => {
    const world = new World();
    for (const driver of ["a", "b"]) world.connect({ driver });
    const sessions = world.records.all("session").map(({ id, epoch }) => ({ id, epoch }));
    expect(rounds(world, { kind: "renew", sessions })).toEqual(["2 session"]);
    const drain = sessions.map(({ id, epoch }) => ({ kind: "drain", session: id, epoch }) as const);
    expect(rounds(world, ...drain)).toEqual(["2 session"]);
    const disconnect = drain.map(
      (one) => ({ ...one, kind: "disconnect", goodbye: false }) as const,
    );
    expect(rounds(world, ...disconnect)).toEqual(["2 driver, 2 session"]);
    const [one] = drain;
    if (one === undefined) throw new Error("there are two sessions");
    expect(rounds(world, { kind: "recover" }, one)).toEqual(["session, sessions"]);
  });

  it("to forget drivers: who listens, their leases, and what is queued for them", () => {
    const world = new World();
    for (const driver of ["a", "b"]) world.connect({ driver, concurrency: 1 });
    for (const name of NAMES) world.create(name);
    world.claim();
    for (const driver of ["a", "b"]) world.disconnect(`${driver}/one`);
    const forget = ["a", "b"].map((name) => ({ kind: "forgetDriver", name }) as const);
    expect(rounds(world, ...forget)).toEqual([
      "2 driver, 2 queueOfDriver, 2 sessions",
      "listeners, 2 run",
    ]);
  });

  it("to forget drivers: also what is behind what is queued for them", () => {
    const world = new World();
    for (const driver of ["a", "b"]) world.connect({ driver });
    for (const name of NAMES) world.create(name);
    for (const name of NAMES) world.update(name);
    world.create("app-3");
    for (const driver of ["a", "b"]) world.disconnect(`${driver}/one`, true);
    const forget = ["a", "b"].map((name) => ({ kind: "forgetDriver", name }) as const);
    expect(rounds(world, ...forget)).toEqual([
      "2 driver, 2 queueOfDriver, 2 sessions",
      "listeners, 3 run",
      "2 openRuns, 2 run",
    ]);
  });

  it("to end what is due: the runs of timers, and the sessions of their leases", () => {
    const { world } = working("p");
    const sessions = world.records.all("session").map(({ id, epoch }) => ({ id, epoch }));
    world.records.now += 10_000;
    world.must({ kind: "renew", sessions });
    const tick = { kind: "tick", limit: 10 } as const;
    expect(rounds(world, tick)).toEqual(["sessionsDue, timersDue", "2 run", "session"]);
  });

  it("to end sessions whose time is over: the runs of their leases", () => {
    const { world } = working();
    world.records.now += 60_000;
    const tick = { kind: "tick", limit: 10 } as const;
    expect(rounds(world, tick)).toEqual(["sessionsDue, timersDue", "2 run"]);
  });

  it("to claim: the offered sessions of the drivers that have something, and its runs", () => {
    const world = new World();
    for (const driver of ["a", "b"]) world.connect({ driver });
    world.connect({ driver: "idle", events: ["delete"] });
    for (const name of NAMES) world.create(name);
    expect(rounds(world, world.claimCommand())).toEqual(["2 queue, 2 session", "2 run"]);
  });

  it("to claim what the same batch made: nothing but the sessions", () => {
    const world = new World();
    for (const driver of ["a", "b"]) world.connect({ driver });
    const made = NAMES.map((name) => world.createCommand(name));
    const claim = { ...world.claimCommand(), topics: [] };
    expect(rounds(world, ...made, claim)).toEqual([
      "definition, listeners, 2 resource",
      "2 session",
    ]);
  });

  it("to tell everybody something: nothing", () => {
    const world = new World();
    const tell = { kind: "broadcast", message: "tea" } as const;
    expect(rounds(world, tell, tell)).toEqual([]);
  });
});
