import type { AssignFrame, ResultFrame, ServerFrame, WelcomeFrame } from "@conveyor-ci/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LINE_OVERHEAD_BYTES } from "../shared/counters.ts";
import type { FromWorker } from "../shared/thread-messages.ts";
import { LeaseBook } from "./lease-book.ts";

type WelcomeLease = WelcomeFrame["leases"][number];

const LEASE = 7;
const RESULT = `{"type":"result","lease":7,"lines":%,"success":true,"message":"","data":null}`;

/** A book with hands: what it sends piles up in `sent`, what it waits for in `later`. */
class Bench {
  sent: string[] = [];
  readonly posted: FromWorker[] = [];
  later: (() => void)[] = [];
  freed = 0;
  readonly book = new LeaseBook({
    send: (frame) => void this.sent.push(String(frame)),
    post: (message) => void this.posted.push(message),
    release: (sizeBytes) => void (this.freed += sizeBytes),
    later: (_delayMs, action) => void this.later.push(action),
  });

  welcome(...leases: WelcomeLease[]): void {
    this.book.connected({
      type: "welcome",
      protocol: 1,
      features: [],
      limits: {
        frameBytes: 1024 ** 2,
        resultBytes: 262_144,
        messageBytes: 262_144,
        labels: 64,
        labelsBytes: 65_536,
      },
      times: { progressMs: 1, silenceMs: 1, disconnectGraceMs: 1, cancelGraceMs: 1 },
      leases,
    });
  }

  assign(): void {
    const frame = { type: "assign", lease: LEASE, runid: "r", step: "s" } as AssignFrame;
    this.book.receive(frame, JSON.stringify(frame));
  }

  receive(frame: unknown): void {
    this.book.receive(frame as ServerFrame, JSON.stringify(frame));
  }

  line(text: string): void {
    this.book.append(LEASE, Buffer.from(JSON.stringify(text)));
    this.book.pump();
  }

  result(lines: number): void {
    this.book.setResult(LEASE, RESULT.replace("%", String(lines)));
    this.book.pump();
  }

  takeSent(): Record<string, unknown>[] {
    return this.sent.splice(0).map((text) => JSON.parse(text) as Record<string, unknown>);
  }
}

function startBench(): Bench {
  const bench = new Bench();
  bench.welcome();
  bench.assign();
  return bench;
}

describe("a lease book", () => {
  it("sends a result right behind its lines, without waiting for their acknowledgment", () => {
    const bench = startBench();
    bench.line("a");
    bench.line("b");
    bench.result(2);
    expect(bench.takeSent()).toMatchObject([
      { type: "log", lease: LEASE, first: 0, lines: ["a"] },
      { type: "log", first: 1, lines: ["b"] },
      { type: "result", lines: 2 },
    ]);
  });

  it("gathers lines into one frame while the window is full", () => {
    const bench = startBench();
    for (let i = 0; i < 50; i += 1) bench.line(`${i}`);
    bench.result(50);
    expect(bench.takeSent()).toHaveLength(4);
    bench.receive({ type: "logged", lease: LEASE, received: 1 });
    const [frame, ...rest] = bench.takeSent();
    expect(frame).toMatchObject({ type: "log", first: 4 });
    expect(frame?.["lines"]).toHaveLength(46);
    expect(rest).toMatchObject([{ type: "result" }]);
  });

  it("passes a lease on once, and sends a result again that the server does not know of", () => {
    const bench = startBench();
    bench.assign();
    expect(bench.posted.filter(({ kind }) => kind === "assign")).toHaveLength(1);
    bench.result(0);
    bench.takeSent();
    bench.assign();
    expect(bench.takeSent()).toMatchObject([{ type: "result" }]);
    expect(bench.posted.filter(({ kind }) => kind === "assign")).toHaveLength(1);
  });

  it.each([
    ["recorded", true],
    ["lost", false],
  ] as const)("forgets a lease that is %s, with its lines and flushes", (state, durable) => {
    const bench = startBench();
    bench.line("a");
    bench.book.flush({ lease: LEASE, lines: 1, id: 3 });
    bench.book.disconnected();
    bench.welcome({ lease: LEASE, state });
    expect(bench.book.names()).toEqual([]);
    expect(bench.freed).toBe(`"a"`.length + LINE_OVERHEAD_BYTES);
    expect(bench.posted).toContainEqual({ kind: "flushed", id: 3, durable });
    bench.line("late");
    expect(bench.takeSent().filter(({ lines }) => String(lines) === "late")).toEqual([]);
  });

  it("loses a lease whose acknowledged lines the server no longer has", () => {
    const bench = startBench();
    bench.line("a");
    bench.receive({ type: "logged", lease: LEASE, received: 1 });
    bench.book.disconnected();
    bench.welcome({ lease: LEASE, state: "held", received: 0 });
    expect(bench.posted.at(-1)).toMatchObject({ kind: "lost", lease: LEASE });
  });

  it("answers a burst of refusals by sending once, and by once more a second later", () => {
    const bench = startBench();
    for (const text of ["a", "b", "c"]) bench.line(text);
    bench.takeSent();
    const refused = {
      type: "refused",
      lease: LEASE,
      code: "lines_missing",
      message: "",
      received: 0,
    };
    for (let i = 0; i < 3; i += 1) bench.receive(refused);
    expect(bench.takeSent()).toMatchObject([{ first: 0, lines: ["a", "b", "c"] }]);
    for (const action of bench.later.splice(0)) action();
    expect(bench.takeSent()).toMatchObject([{ first: 0, lines: ["a", "b", "c"] }]);
  });

  it("loses a lease of which the server goes on refusing everything", () => {
    const bench = startBench();
    bench.line("a");
    const refused = { type: "refused", lease: LEASE, code: "invalid_request", message: "no" };
    for (let i = 0; i < 10; i += 1) {
      bench.receive(refused);
      for (const action of bench.later.splice(0)) action();
    }
    expect(bench.book.size).toBe(1);
    bench.receive(refused);
    expect(bench.posted.at(-1)).toMatchObject({ kind: "lost", lease: LEASE });
  });

  it("brings every line and the result to the server once, through any cuts and refusals", () => {
    const move = fc.constantFrom("line", "line", "line", "arrive", "arrive", "ack", "cut", "drop");
    fc.assert(
      fc.property(fc.array(move, { maxLength: 120 }), (moves) => {
        const world = new World();
        for (const it of moves) world.move(it);
        world.finish();
        expect(world.stored).toEqual(Array.from({ length: world.logged }, (_, i) => `${i}`));
        expect(world.results).toBe(1);
        expect(world.bench.book.size).toBe(0);
      }),
    );
  });
});

/** A book and a server between which frames and answers lie until a move lets one arrive. */
class World {
  readonly bench = startBench();
  readonly stored: string[] = [];
  results = 0;
  logged = 0;
  #answers: unknown[] = [];

  move(kind: string): void {
    if (kind === "line") this.bench.line(`${this.logged++}`);
    else if (kind === "arrive") this.#arrive();
    else if (kind === "ack") this.#answer();
    else if (kind === "drop") this.bench.sent.shift();
    else this.#cut();
  }

  finish(): void {
    this.bench.result(this.logged);
    for (let turn = 0; this.bench.book.size > 0 && turn < 1_000; turn += 1) {
      for (let i = 0; i < 10; i += 1) this.#arrive();
      while (this.#answers.length > 0) this.#answer();
      if (turn % 10 === 9) this.#cut();
    }
  }

  #cut(): void {
    this.bench.book.disconnected();
    this.bench.sent = [];
    this.#answers = [];
    const state = this.results > 0 ? "recorded" : "held";
    const received = this.stored.length;
    this.bench.welcome({ lease: LEASE, state, received });
  }

  #answer(): void {
    const answer = this.#answers.shift();
    if (answer !== undefined) this.bench.receive(answer);
  }

  #arrive(): void {
    const text = this.bench.sent.shift();
    if (text === undefined) return;
    const frame = JSON.parse(text) as
      | { type: string; first: number; lines: string[] }
      | ResultFrame;
    const received = this.stored.length;
    const first = frame.type === "log" ? (frame as { first: number }).first : Number(frame.lines);
    if (first > received) {
      this.#answers.push({ type: "refused", lease: LEASE, code: "lines_missing", received });
    } else if (frame.type === "log") {
      this.stored.push(...frame.lines.slice(received - first));
      this.#answers.push({ type: "logged", lease: LEASE, received: this.stored.length });
    } else {
      this.results = 1;
      this.#answers.push({ type: "recorded", lease: LEASE });
    }
  }
}
