/**
 * The exchange itself: a create is durable before it is answered and given to the driver, a result is
 * durable before it is told, lines are durable before they are acknowledged and followed.
 */
import { randomUUID } from "node:crypto";
import type { WebSocket } from "ws";
import { Feed } from "./feed.ts";
import type { AssignFrame, LogFrame, ResultFrame } from "./frames.ts";
import { GroupCommit } from "./group-commit.ts";
import { type Follower, LogFollowers, sendEnd, sendLines, textsOf } from "./log-followers.ts";
import type { Store } from "./store.ts";

export interface CreateBody {
  readonly name: string;
  readonly resource: string;
  readonly spec: AssignFrame["resource"]["spec"];
}

interface OpenRun {
  readonly resource: AssignFrame["resource"];
  readonly steps: number;
  step: number;
}

/** The one kind whose runs have several steps. */
const STEPS: Readonly<Record<string, number>> = { piped: 3 };

export class Exchange {
  readonly feed = new Feed();
  readonly #store: Store;
  readonly #commit: GroupCommit;
  readonly #followers = new LogFollowers();
  readonly #open = new Map<string, OpenRun>();
  #driver: WebSocket | null = null;

  constructor(store: Store) {
    this.#store = store;
    this.#commit = new GroupCommit(store);
  }

  /** Calls back when it is durable. */
  create(body: CreateBody, answer: (run: string) => void): void {
    const { resource: kind, name, spec } = body;
    const run = timeOrderedId();
    const doc = JSON.stringify(body);
    this.#commit.add(
      () => this.#store.addRun({ kind, name, run, doc }),
      () => {
        answer(run);
        if (this.#driver === null) return;
        const open: OpenRun = { resource: { name, spec }, steps: STEPS[kind] ?? 1, step: 1 };
        this.#open.set(run, open);
        this.#assign(run, open);
      },
    );
  }

  #assign(run: string, { resource, step }: OpenRun): void {
    this.#driver?.send(JSON.stringify({ type: "assign", run, step, resource }));
  }

  connect(ws: WebSocket): void {
    this.#driver = ws;
    ws.on("close", () => {
      this.#driver = null;
    });
    ws.on("message", (data: Buffer) => {
      const text = data.toString();
      const frame = JSON.parse(text) as LogFrame | ResultFrame;
      if (frame.type === "log") this.#append(frame, text);
      else this.#finish(frame);
    });
  }

  /** The frame's own text is what is stored: it holds what lines share once, and is not written again. */
  #append(frame: LogFrame, text: string): void {
    const { run, first, lines } = frame;
    this.#commit.add(
      () => this.#store.addChunk({ run, first, lines: text }),
      () => {
        const received = first + lines.length;
        this.#driver?.send(JSON.stringify({ type: "logged", run, received }));
        this.#followers.tell(frame);
      },
    );
  }

  #finish({ run, success, message, data }: ResultFrame): void {
    const open = this.#open.get(run);
    if (open === undefined) return;
    const isLast = open.step === open.steps;
    const state = isLast ? (success ? "succeeded" : "failed") : "running";
    const result = JSON.stringify({ success, message, data });
    this.#commit.add(
      () => this.#store.setResult({ run, state, result }),
      () => {
        if (!isLast) {
          open.step += 1;
          this.#assign(run, open);
          return;
        }
        this.#open.delete(run);
        this.#followers.end(run, state);
        this.feed.ended(run, state);
      },
    );
  }

  /** From the first line on: what is stored now, then what is told. */
  follow(run: string, follower: Follower): void {
    for (const text of this.#store.chunksOf(run)) {
      sendLines(follower, textsOf(JSON.parse(text) as LogFrame));
    }
    if (this.#open.has(run)) this.#followers.add(run, follower);
    else sendEnd(follower.ws, run, "succeeded");
  }
}

/** As UUID v7 does: by time first, so that the index grows at its end. */
function timeOrderedId(): string {
  const time = Date.now().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
