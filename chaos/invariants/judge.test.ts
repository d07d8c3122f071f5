import type { WireChange, WireRun } from "@conveyor-ci/contract";
import { describe, expect, it } from "vitest";
import type { Evidence, Handler, StoredLine } from "../evidence.ts";
import { INVARIANTS, judge } from "./judge.ts";

const time = (seconds: number): string => new Date(1_000_000 + seconds * 1_000).toISOString();

type Attempt = WireRun["steps"][number]["attempts"][number];

function attempt(number: number, from: number, outcome: Attempt["outcome"]): Attempt {
  const finishedAt = outcome === null ? null : time(from + 1);
  return { number, instance: "one", startedAt: time(from), finishedAt, outcome };
}

/** A run of version `version` of app-1, whose step took the attempts given. */
function run(version: number, attempts: readonly Attempt[]): WireRun {
  const fence = version * 10 + attempts.length;
  return {
    id: `run-${version}`,
    state: "succeeded",
    event: version === 1 ? "create" : "update",
    resource: { kind: "plain", name: "app-1", version: String(version) },
    pipeline: null,
    parent: null,
    actor: "anonymous",
    createdAt: time(version * 10),
    startedAt: time(version * 10),
    finishedAt: time(version * 10 + 5),
    steps: [
      {
        id: "alpha",
        driver: "alpha",
        state: "succeeded",
        message: `fence ${fence}, 2 lines`,
        result: { success: true, message: `fence ${fence}, 2 lines` },
        attempts,
      },
    ],
    why: [],
  };
}

function handler(version: number, number: number, times: readonly [number, number]): Handler {
  return {
    run: `run-${version}`,
    step: "alpha",
    attempt: number,
    fence: version * 10 + number,
    driver: "alpha",
    instance: "one",
    pid: 1,
    resource: "app-1",
    startAt: times[0],
    endAt: times[1],
    logged: 2,
    flushed: 2,
    lostAt: null,
  };
}

function line(seq: number, fence: number, index: number): StoredLine {
  return { seq, step: "alpha", attempt: 1, message: `${fence}:${index}` };
}

function change(position: number, about: `${string} ${string}`, run: string): WireChange {
  const [noun = "", what = ""] = about.split(" ");
  return { position, at: time(0), noun, name: "app-1", kind: "plain", run, what, actor: "a" };
}

const SENT = {
  event: "update",
  kind: "plain",
  name: "app-1",
  answer: null,
  isRefused: false,
} as const;

/** Two versions of one resource: the first was delivered twice, the second once. */
function sound(): Evidence {
  return {
    sent: [
      {
        event: "create",
        kind: "plain",
        name: "app-1",
        n: 1,
        sentAt: 0,
        answer: { run: "run-1", version: "1", at: 1 },
        isRefused: false,
      },
      { ...SENT, n: 2, sentAt: 2 },
      { ...SENT, n: 3, sentAt: 3, isRefused: true },
    ],
    runs: new Map([
      ["run-1", run(1, [attempt(1, 10, "lost"), attempt(2, 12, "succeeded")])],
      ["run-2", run(2, [attempt(1, 20, "succeeded")])],
    ]),
    versions: new Map([
      ["plain/app-1/1", { n: 1, run: "run-1" }],
      ["plain/app-1/2", { n: 2, run: "run-2" }],
    ]),
    changes: [
      change(1, "resource created", "run-1"),
      change(2, "run pending", "run-1"),
      change(3, "resource updated", "run-2"),
      change(5, "run succeeded", "run-1"),
      change(6, "run succeeded", "run-2"),
    ],
    lines: new Map([
      ["run-1", [line(1, 11, 0), line(2, 12, 0), line(3, 12, 1)]],
      ["run-2", [line(1, 21, 0), line(2, 21, 1)]],
    ]),
    handlers: [
      { ...handler(1, 1, [100, 110]), logged: null, flushed: 1 },
      handler(1, 2, [120, 130]),
      handler(2, 1, [140, 150]),
    ],
    follows: [
      {
        run: "run-1",
        by: "events",
        after: 1,
        lines: [
          { seq: 2, message: "12:0" },
          { seq: 3, message: "12:1" },
        ],
        hasEnded: true,
      },
    ],
    silences: [],
    readsWhileFull: { tried: 1, failures: [] },
    limits: { maxDeliveries: 5, concurrency: 1 },
  };
}

function broken(evidence: Evidence): readonly string[] {
  return judge(evidence)
    .filter(({ count }) => count > 0)
    .map(({ name }) => name);
}

const base = sound();
const [firstSent] = base.sent;
const [lost, second, third] = base.handlers as [Handler, Handler, Handler];
const [follow] = base.follows;
const runWith = (changes: Partial<WireRun>): Evidence["runs"] =>
  new Map([...base.runs, ["run-2", { ...run(2, [attempt(1, 20, "succeeded")]), ...changes }]]);
const stepWith = (changes: Partial<WireRun["steps"][number]>): Evidence["runs"] =>
  runWith({ steps: [{ ...run(2, [attempt(1, 20, "succeeded")]).steps[0]!, ...changes }] });
const without = <V>(map: ReadonlyMap<string, V>, key: string) =>
  new Map([...map].filter(([name]) => name !== key));
const attemptsOf = (attempts: readonly Attempt[]) =>
  new Map([...base.runs, ["run-1", run(1, attempts)]]);

const PIPELINE = { name: "piped", revision: 1 };

/** Each with what is broken, and the invariants that must say so. */
const BREAKAGES: readonly [string, Partial<Evidence>, readonly string[]][] = [
  [
    "an answered change without its run",
    { runs: without(base.runs, "run-1") },
    [
      "P1 an answered change has its version, run and event",
      "P1 of every change all is there or none",
      "P2 a step run is started once for each delivery",
    ],
  ],
  [
    "an answered change without its version",
    { versions: without(base.versions, "plain/app-1/1") },
    [
      "P1 an answered change has its version, run and event",
      "P1 of every change all is there or none",
    ],
  ],
  [
    "an answered change whose version holds another content",
    { sent: [{ ...firstSent!, n: 7 }] },
    ["P1 an answered change has its version, run and event"],
  ],
  [
    "an answered change that the feed does not tell of",
    { changes: base.changes.slice(1) },
    [
      "P1 an answered change has its version, run and event",
      "P1 of every change all is there or none",
    ],
  ],
  [
    "half of a change that was not answered",
    { changes: base.changes.filter(({ position }) => position !== 3) },
    ["P1 of every change all is there or none"],
  ],
  [
    "a feed out of order",
    { changes: [...base.changes, change(4, "driver connected", "")] },
    ["P1 the feed is in order and tells each end once"],
  ],
  [
    "an end that is told twice",
    { changes: [...base.changes, change(7, "run succeeded", "run-2")] },
    ["P1 the feed is in order and tells each end once"],
  ],
  [
    "a run that goes on for ever",
    { runs: runWith({ state: "running" }) },
    [
      "P1 the feed is in order and tells each end once",
      "P2 every run has ended, for a reason that there was",
    ],
  ],
  [
    "a step run that failed for no reason",
    { runs: stepWith({ state: "failed", code: "driver_error" }) },
    ["P2 every run has ended, for a reason that there was"],
  ],
  [
    "a success without the driver's result",
    { runs: stepWith({ result: null }) },
    ["P3 the result is the last holder's"],
  ],
  [
    "a lease that started two handlers",
    { handlers: [...base.handlers, { ...third, startAt: 160, endAt: 170 }] },
    ["P2 a step run is started once for each delivery"],
  ],
  [
    "a delivery that nobody counted",
    { runs: attemptsOf([attempt(1, 10, "succeeded")]) },
    [
      "P2 a step run is started once for each delivery",
      "P2 all lines of a result are there",
      "P3 the result is the last holder's",
    ],
  ],
  [
    "more deliveries than are allowed",
    { limits: { maxDeliveries: 1, concurrency: 1 } },
    ["P2 a step run is started once for each delivery"],
  ],
  [
    "attempts that overlap",
    { runs: attemptsOf([attempt(1, 12, "lost"), attempt(2, 12, "succeeded")]) },
    ["P3 attempts of a step run do not overlap"],
  ],
  [
    "an attempt behind one that was not lost",
    { runs: attemptsOf([attempt(1, 10, "succeeded"), attempt(2, 12, "succeeded")]) },
    ["P3 attempts of a step run do not overlap"],
  ],
  [
    "two holders at work",
    { handlers: [{ ...lost, endAt: 125, pid: 2 }, second, third] },
    ["P3 no two handlers hold one step run"],
  ],
  [
    "the result of a holder that was replaced",
    { runs: stepWith({ result: { success: true, message: "fence 11, 2 lines" } }) },
    ["P2 all lines of a result are there", "P3 the result is the last holder's"],
  ],
  [
    "more handlers than slots",
    { handlers: [...base.handlers, { ...third, startAt: 141, endAt: 149, flushed: 0, step: "x" }] },
    ["P2 a step run is started once for each delivery", "P3 concurrency bounds handlers"],
  ],
  [
    "a later version before an earlier one",
    { handlers: [lost, second, { ...third, startAt: 90, endAt: 95 }] },
    ["P4 runs of a resource go in order"],
  ],
  [
    "a pipeline's run before the one ahead of it has ended",
    {
      runs: new Map([...base.runs].map(([id, one]) => [id, { ...one, pipeline: PIPELINE }])),
      handlers: [lost, { ...second, endAt: 145 }, { ...third, driver: "beta", pid: 3 }],
    },
    ["P4 runs of a resource go in order"],
  ],
  [
    "a gap in the log",
    { lines: new Map([...base.lines, ["run-2", [line(1, 21, 0), line(3, 21, 1)]]]) },
    ["P6 seq grows by one within a run"],
  ],
  [
    "a line that is there twice",
    {
      lines: new Map([...base.lines, ["run-2", [line(1, 21, 0), line(2, 21, 1), line(3, 21, 1)]]]),
    },
    ["P2 all lines of a result are there", "P6 acknowledged lines are there, once and in order"],
  ],
  [
    "an acknowledged line that is gone",
    { lines: new Map([...base.lines, ["run-2", [line(1, 21, 0)]]]) },
    ["P2 all lines of a result are there", "P6 acknowledged lines are there, once and in order"],
  ],
  [
    "lines out of order",
    { lines: new Map([...base.lines, ["run-2", [line(1, 21, 1), line(2, 21, 0)]]]) },
    ["P6 acknowledged lines are there, once and in order"],
  ],
  [
    "a reader that missed a line",
    { follows: [{ ...follow!, lines: [{ seq: 3, message: "12:1" }] }] },
    ["P6 readers got every line once and the end"],
  ],
  [
    "a reader that got a line twice",
    { follows: [{ ...follow!, lines: [...follow!.lines, { seq: 3, message: "12:1" }] }] },
    ["P6 readers got every line once and the end"],
  ],
  [
    "a reader that was not told of the end",
    { follows: [{ ...follow!, hasEnded: false }] },
    ["P6 readers got every line once and the end"],
  ],
  [
    "a change that is there though it was refused",
    { sent: [firstSent!, { ...SENT, n: 2, sentAt: 2, isRefused: true }] },
    ["P9 of a change that was refused nothing is there"],
  ],
  [
    "a read that failed while the disk was full",
    { readsWhileFull: { tried: 2, failures: ["503"] } },
    ["P9 a full disk keeps nobody from reading"],
  ],
  [
    "a time that goes back",
    { changes: [{ ...base.changes[0]!, at: time(1) }, ...base.changes.slice(1)] },
    ["P2 time never goes back and never jumps"],
  ],
  [
    "a time that jumps an hour",
    { changes: [...base.changes.slice(0, 4), { ...base.changes[4]!, at: time(3_600) }] },
    ["P2 time never goes back and never jumps"],
  ],
  [
    "a replaced holder that goes on long after it can be reached again",
    {
      handlers: [{ ...lost, endAt: 60_000, pid: 2 }, second, third],
      silences: [{ pid: 2, from: 105, to: 20_000 }],
    },
    ["P3 a holder that was replaced is told so"],
  ],
  [
    "two holders at work long after one could be reached again",
    {
      handlers: [{ ...lost, endAt: 125, pid: 2 }, second, third],
      silences: [{ pid: 2, from: -9_000, to: -8_000 }],
    },
    ["P3 no two handlers hold one step run"],
  ],
];

describe("the invariants", () => {
  it("say nothing against evidence that is sound", () => {
    expect(judge(sound()).flatMap(({ violations }) => violations)).toEqual([]);
  });

  it.each(BREAKAGES)("see %s", (_name, breakage, names) => {
    expect(broken({ ...sound(), ...breakage })).toEqual(names);
  });

  it("are each broken by at least one of these", () => {
    const seen = new Set(BREAKAGES.flatMap(([, , names]) => names));
    expect(INVARIANTS.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
  });

  it("take a holder that was told of its loss for none", () => {
    const handlers = [{ ...lost, endAt: 125, lostAt: 124, pid: 2 }, second, third];
    expect(broken({ ...sound(), handlers })).toEqual([]);
  });

  it.each([2, null])("take a holder that could not be told of its loss for none: %s", (pid) => {
    const handlers = [{ ...lost, endAt: 125, pid: 2 }, second, third];
    const silences = [{ pid, from: 105, to: 200 }];
    expect(broken({ ...sound(), handlers, silences })).toEqual([]);
  });

  it("take a holder that started after its loss, before it could be told, for none", () => {
    const handlers = [{ ...lost, startAt: 122, endAt: 125, pid: 2 }, second, third];
    const silences = [{ pid: 2, from: 105, to: 121 }];
    expect(broken({ ...sound(), handlers, silences })).toEqual([]);
  });
});
