/** Who takes part in a history: the server of the moment, instances, clients and readers. */

import { sessionId } from "@conveyor-ci/core";
import { type Answer, Gateway } from "./gateway.ts";
import type { HandlerNote } from "./handlers.ts";
import type { Operation, Put, Sent, Setting } from "./operation.ts";
import { CLIENT, nextOperation, pipelineContent } from "./operations.ts";
import { FeedReader, LogReader } from "./readers.ts";
import { type InstanceShape, KINDS, PIPELINES } from "./shape.ts";
import { SimInstance } from "./sim-instance.ts";
import { SimServer } from "./sim-server.ts";
import type { World } from "./world.ts";

const LONGEST_THINK_MS = 3_000;
const START_AGAIN_MS = 500;

export class Stage {
  readonly world: World;
  readonly instances: SimInstance[] = [];
  readonly notes: HandlerNote[] = [];
  /** What clients know of what they asked for. */
  readonly sent: Sent[] = [];
  /** Runs that a client was told of. */
  readonly runs: string[] = [];
  /** Runs as clients saw them when they had ended. */
  readonly finished = new Map<string, string>();
  readonly #puts: Put[] = [];
  /** Runs that nobody listened to when they were made. */
  readonly orphans = new Set<string>();
  readonly logReaders: LogReader[] = [];
  readonly feedReader: FeedReader;
  readonly gateway: Gateway;
  /** Told of each lease of which its instance hears that it is lost. */
  onLost: (token: number) => void = () => {};
  /** Told of each handler whose signal aborts. */
  onAborted: (note: HandlerNote) => void = () => {};
  /** Clients that are not through yet. */
  #busyClients = 0;
  #server: SimServer;
  #starts = 0;
  #ids = 0;
  #operations = 0;

  constructor(world: World) {
    this.world = world;
    this.#server = this.#newServer();
    this.gateway = new Gateway(world, () => this.#server);
    this.feedReader = new FeedReader({ world, server: () => this.#server });
  }

  get server(): SimServer {
    return this.#server;
  }

  get #setting(): Setting {
    const { random, shape } = this.world;
    const present = shape.instances.map(({ driver }) => driver);
    return { random, present, runs: this.runs, puts: this.#puts, finished: this.finished };
  }

  get areClientsDone(): boolean {
    return this.#busyClients === 0;
  }

  /** Starts the server, and sets up kinds and pipelines before the storm. */
  async open(): Promise<void> {
    const { scheduler } = this.world;
    this.#server.start();
    await scheduler.run(scheduler.now + 100, () => this.#server.isOpen);
    const { engine } = this.#server;
    const ready = (async () => {
      for (const name of KINDS) {
        const content = { name, description: null, version: null, schema: { type: "object" } };
        await engine.createDefinition(CLIENT, content, "create");
      }
      for (const name of PIPELINES) {
        await engine.putPipeline(CLIENT, pipelineContent(name, this.#setting), "apply");
      }
    })();
    let isReady = false;
    void ready.then(() => {
      isReady = true;
    });
    await scheduler.run(scheduler.now + 1_000, () => isReady);
    this.feedReader.reconnect();
  }

  join(shape: InstanceShape): SimInstance {
    const { world, notes } = this;
    const session = sessionId(shape.driver, shape.name);
    const instance = new SimInstance({
      world,
      shape,
      notes,
      dial: (process) => this.#server.accept(process, session),
      onLost: (token) => this.onLost(token),
      onAborted: (note) => this.onAborted(note),
    });
    this.instances.push(instance);
    instance.start();
    return instance;
  }

  /** The server's process ends; another starts after a while. */
  crashServer(of: { readonly isTold: boolean; readonly downMs: number }): void {
    this.world.trace(() => `server ${this.#starts} is killed, for ${of.downMs} ms`);
    this.#server.crash(of.isTold);
    this.#startAgain(of.downMs);
  }

  /** Ends the time without a server, if there is none. */
  startServer(): void {
    if (this.#server.process.isDead) this.#startAgain(0);
    else this.#server.process.resume();
  }

  stopServer(downMs: number): void {
    const server = this.#server;
    if (!server.isOpen) return;
    this.world.trace(() => `server ${this.#starts} stops`);
    server.stop(() => {
      if (server === this.#server) this.#startAgain(downMs);
    });
  }

  startClient(): void {
    this.#busyClients += 1;
    let left = this.world.shape.operations;
    const next = (): void => {
      if (left === 0 || !this.world.isStormy) {
        this.#busyClients -= 1;
        return;
      }
      left -= 1;
      const pauseMs = this.world.random.integer(0, LONGEST_THINK_MS);
      this.world.scheduler.after(pauseMs, () => void this.#ask().then(next));
    };
    next();
  }

  async #ask(): Promise<void> {
    const { trace } = this.world;
    this.#operations += 1;
    const operation = nextOperation(this.#setting, this.#operations);
    trace(() => `a client asks: ${operation.name}`);
    const answer = await this.gateway.request(operation.ask);
    trace(
      () => `${operation.name}: ${answer.kind} ${answer.kind === "refused" ? answer.code : ""}`,
    );
    if (answer.kind === "refused" && operation.codes !== undefined) this.world.seen("blunder");
    if (answer.kind === "answered" && answer.value.kind === "look")
      this.world.seen("look at history");
    this.world.broken.push(...wrongAnswer(operation, answer));
    if (answer.kind !== "answered") return;
    this.sent.push(answer.value);
    if (answer.value.kind === "put") this.#puts.push(answer.value);
    const run = "run" in answer.value ? answer.value.run : null;
    if (run === null || this.runs.includes(run)) return;
    this.runs.push(run);
    if (this.logReaders.length < this.world.shape.readers) this.#follow(run);
  }

  #follow(run: string): void {
    const { world } = this;
    const of = { run, driver: world.random.chance(0.3) ? "builder" : null };
    const reader = new LogReader({ world, server: () => this.#server }, of);
    this.logReaders.push(reader);
    reader.reconnect();
  }

  #startAgain(downMs: number): void {
    const { scheduler, trace, disk, defect } = this.world;
    const gone = this.#server;
    scheduler.after(downMs, () => {
      if (gone !== this.#server) return;
      const start = (): void => {
        this.#server = this.#newServer();
        trace(() => `server ${this.#starts} starts`);
        this.#server.start();
        for (const reader of [this.feedReader, ...this.logReaders]) reader.reconnect();
      };
      if (defect.forgottenCommits === 0) start();
      else void disk.forget(defect.forgottenCommits).then(start);
    });
  }

  #newServer(): SimServer {
    this.#starts += 1;
    const start = this.#starts;
    const newId = (): string => {
      this.#ids += 1;
      return `id-${String(this.#ids).padStart(4, "0")}`;
    };
    const onFailure = (error: unknown): void => {
      if (start === this.#starts) this.#failed(error);
    };
    return new SimServer({ world: this.world, newId, onFailure });
  }

  #failed(error: unknown): void {
    const { world } = this;
    if (isPassing(error)) this.crashServer({ isTold: true, downMs: START_AGAIN_MS });
    else world.broken.push(`the server met a bug: ${textOf(error)}`);
  }
}

/** P7, P9: what is read of history is what it was, and what cannot be is refused with its code. */
function* wrongAnswer({ name, codes }: Operation, answer: Answer<Sent>): Generator<string> {
  if (answer.kind === "answered" && answer.value.kind === "granted") {
    yield `${name} was accepted, and had to be refused`;
  }
  if (answer.kind === "answered" && answer.value.kind === "look" && answer.value.wrong !== null) {
    yield answer.value.wrong;
  }
  if (answer.kind === "refused" && codes?.every((code) => code !== answer.code) === true) {
    yield `${name} was refused with ${answer.code}, not with ${codes.join(" or ")}`;
  }
}

/** The disk was away when the server started. */
function isPassing(error: unknown): boolean {
  return (error as { readonly code?: string }).code === "storage_unavailable";
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause === undefined
    ? (error.stack ?? error.message)
    : `${error.message}: ${textOf(cause)}`;
}
