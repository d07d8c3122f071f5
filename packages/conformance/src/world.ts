/** A storage under test, the time that the test moves, and short words for commands. */
import {
  type Answers,
  type Command,
  type CommandKind,
  ConveyorError,
  DEFAULT_LIMITS,
  type Effect,
  type EventName,
  type Grant,
  type Keys,
  keysOf,
  type LogLine,
  type Outcome,
  type PipelineStep,
  type Rules,
  type Run,
} from "@conveyor-ci/core";
import type {
  BatchResult,
  LogStore,
  QueueQuery,
  RunQuery,
  Storage,
} from "@conveyor-ci/engine/ports";

/** A storage that a test opened, and how it is left again. */
export interface OpenedStorage {
  readonly storage: Storage;
  readonly logs: LogStore;
  /** Closes it and opens the same data again; missing where data does not outlive the storage. */
  readonly reopen?: () => Promise<OpenedStorage>;
  /** Closes it and throws its data away. */
  readonly dispose: () => Promise<void>;
}

export interface OpenOptions {
  /** The storage's clock, in milliseconds since 1970. */
  readonly now: () => number;
}

export type OpenStorage = (options: OpenOptions) => Promise<OpenedStorage>;

/** A command without what every command has. */
export type Ask = {
  [K in CommandKind]: Omit<Extract<Command, { kind: K }>, "ns" | "actor">;
}[CommandKind];

export const NS = "default";

export const ACTOR = "tester";

/** Every queue, counted to its end. */
export const ANY_QUEUE: QueueQuery = { ns: NS, driver: null, limit: 10, upTo: 1_000 };

export const ANY_RUN: RunQuery = {
  ns: NS,
  resource: null,
  name: null,
  pipeline: null,
  driver: null,
  state: null,
  before: null,
  limit: 100,
};

/** Refuses a spec that says `invalid`. */
export const RULES: Rules = {
  limits: DEFAULT_LIMITS,
  validateSpec: (_definition, spec) =>
    spec === "invalid" ? [{ path: "", rule: "valid", message: "is invalid" }] : [],
};

export class World {
  readonly keys: Keys = keysOf(NS);
  opened: OpenedStorage;
  timeMs: number;
  #ids = 0;
  readonly #epochs = new Map<string, number>();

  private constructor(opened: OpenedStorage, time: { nowMs: number }) {
    this.opened = opened;
    this.timeMs = time.nowMs;
  }

  static async open(open: OpenStorage): Promise<World> {
    const start = Date.parse("2026-01-01T00:00:00Z");
    const made: World[] = [];
    const opened = await open({ now: () => made[0]?.timeMs ?? start });
    const world = new World(opened, { nowMs: start });
    made.push(world);
    return world;
  }

  get storage(): Storage {
    return this.opened.storage;
  }

  get logs(): LogStore {
    return this.opened.logs;
  }

  /** A new id in the form of a UUID. */
  id(): string {
    this.#ids += 1;
    return `00000000-0000-4000-8000-${String(this.#ids).padStart(12, "0")}`;
  }

  batch(...asks: readonly Ask[]): Promise<BatchResult> {
    return this.batchIn(NS, ...asks);
  }

  async batchIn(ns: string, ...asks: readonly Ask[]): Promise<BatchResult> {
    const commands = asks.map((ask) => ({ ...ask, ns, actor: ACTOR }));
    const result = await this.storage.batch(commands, RULES);
    for (const [index, { kind }] of asks.entries()) {
      const outcome = result.outcomes[index];
      if (kind !== "hello" || outcome?.ok !== true) continue;
      const { session } = valueOf<"hello">(outcome);
      this.#epochs.set(session.id, session.epoch);
    }
    return result;
  }

  /** The first instance of a driver, at its newest hello that was answered. */
  session(driver: string): { readonly id: string; readonly epoch: number } {
    const id = `${driver}/one`;
    return { id, epoch: this.#epochs.get(id) ?? 0 };
  }

  disconnect(driver: string, goodbye: boolean): Ask & { kind: "disconnect" } {
    const { id, epoch } = this.session(driver);
    return { kind: "disconnect", session: id, epoch, goodbye };
  }

  /** One command that must be accepted. */
  async done<K extends CommandKind>(ask: Ask & { readonly kind: K }): Promise<Answers[K]> {
    const { outcomes } = await this.batch(ask);
    return valueOf<K>(outcomes[0]);
  }

  async load(id: string): Promise<Run> {
    const [run] = await this.storage.load([this.keys.run(id)]);
    if (run === undefined) throw new Error(`run ${id} is not stored`);
    return run;
  }

  async define(...kinds: readonly string[]): Promise<void> {
    for (const kind of kinds) await this.done(this.definition(kind));
  }

  definition(name: string): Ask & { kind: "createDefinition" } {
    const content = { name, description: null, version: null, schema: true };
    return { kind: "createDefinition", id: this.id(), content, mode: "create" };
  }

  pipeline(
    name: string,
    resource: string,
    steps: readonly Partial<PipelineStep>[],
  ): Ask & { kind: "putPipeline" } {
    const content = {
      name,
      description: null,
      version: null,
      resource,
      events: ["create", "update"] as const,
      steps: steps.map((step) => ({
        id: "one",
        name: null,
        driver: "builder",
        timeout: null,
        needs: null,
        ...step,
      })),
      metadata: {},
    };
    return { kind: "putPipeline", id: this.id(), content, mode: "apply" };
  }

  create(
    kind: string,
    name: string,
    more: Partial<Extract<Command, { kind: "createResource" }>["content"]> = {},
  ): Ask & { kind: "createResource" } {
    const content = { kind, name, pipeline: null, metadata: {}, spec: {}, ...more };
    return { kind: "createResource", id: this.id(), runId: this.id(), content };
  }

  update(kind: string, name: string, spec: string): Ask & { kind: "updateResource" } {
    const content = { kind, name, pipeline: null, metadata: {}, spec };
    return { kind: "updateResource", runId: this.id(), content, ifVersion: null };
  }

  remove(resource: string, name: string): Ask & { kind: "deleteResource" } {
    const at = { resource, name, force: false, ifVersion: null };
    return { kind: "deleteResource", runId: this.id(), ...at };
  }

  hello(
    driver: string,
    resources: readonly string[],
    more: Partial<Extract<Command, { kind: "hello" }>> = {},
  ): Ask & { kind: "hello" } {
    return {
      kind: "hello",
      driver,
      instance: "one",
      bootId: "boot",
      resources,
      events: ["create", "update"] satisfies EventName[],
      concurrency: 10,
      leases: [],
      ...more,
    };
  }

  claim(driver: string, kind: string, limit = 100): Ask & { kind: "claim" } {
    const sessions = [this.session(driver)];
    return { kind: "claim", sessions, topics: [{ driver, kind, event: "create" }], limit };
  }

  /** Leases what a driver's first instance can take. */
  async grants(driver: string, kind: string): Promise<readonly Grant[]> {
    return grantsOf(await this.batch(this.claim(driver, kind)));
  }

  /** Leases to a driver's first instance, which must get something; answers the first. */
  async grant(driver: string, kind: string): Promise<Grant> {
    return present((await this.grants(driver, kind))[0]);
  }

  result(grant: Grant, lines = 0, data: string | null = null): Ask & { kind: "recordResult" } {
    const result = { success: true, message: "fine", data };
    return { kind: "recordResult", lease: leaseOf(grant), lines, result, code: null };
  }

  lines(grant: Grant, first: number, messages: readonly string[]): Ask & { kind: "appendLines" } {
    return { kind: "appendLines", lease: leaseOf(grant), first, lines: messages.map(line) };
  }
}

/** A value that the test has made sure is there. */
export function present<V>(value: V | null | undefined): V {
  if (value === undefined || value === null) throw new Error("a value is missing");
  return value;
}

export function line(message: string): LogLine {
  const timestamp = "2026-01-01T00:00:00.000Z";
  return { timestamp, level: "info", message, labels: { of: "test" } };
}

function leaseOf({ token, run, step }: Grant) {
  return { token, run: run.id, step };
}

export function valueOf<K extends CommandKind>(outcome: Outcome | undefined): Answers[K] {
  if (outcome === undefined) throw new Error("a batch has one outcome for each command");
  if (!outcome.ok) throw new ConveyorError(outcome.refusal);
  return outcome.value as Answers[K];
}

/** The codes of what was refused, `ok` for what was accepted. */
export function codesOf({ outcomes }: BatchResult): readonly string[] {
  return outcomes.map((outcome) => (outcome.ok ? "ok" : outcome.refusal.code));
}

export function effectsOf<K extends Effect["kind"]>(
  { effects }: BatchResult,
  kind: K,
): readonly Extract<Effect, { kind: K }>[] {
  return effects.filter((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind);
}

export function grantsOf(result: BatchResult): readonly Grant[] {
  return effectsOf(result, "granted").map(({ grant }) => grant);
}

/** Answers the world of the test that runs. */
export type GetWorld = () => World;
