/** A control plane in a test's hands: what users and instances do, in one line each. */
import type { BatchOutput } from "../batch.ts";
import type { Answers, Command, Effect, LeaseName, Outcome } from "../commands.ts";
import type { Refusal } from "../errors.ts";
import type { EventName } from "../nouns/event.ts";
import type { LogLine } from "../nouns/log.ts";
import type { PipelineStep } from "../nouns/pipeline.ts";
import type { Resource } from "../nouns/resource.ts";
import { type Run, type StepRun, stepOf } from "../nouns/run.ts";
import { DEFAULT_LIMITS, type Limits } from "../rules.ts";
import { keysOf } from "../store/records.ts";
import { brokenIn } from "./broken-in.ts";
import { type Loading, MemoryRecords } from "./memory-records.ts";

export const KIND = "app";
const NS = "default";

/** A command without what is the same for all of a world's commands. */
export type Asked = Command extends infer C
  ? C extends Command
    ? Omit<C, "ns" | "actor">
    : never
  : never;

export interface Instance {
  readonly driver: string;
  readonly instance?: string;
  readonly bootId?: string;
  readonly kinds?: readonly string[];
  readonly events?: readonly EventName[];
  readonly concurrency?: number;
  readonly leases?: readonly LeaseName[];
}

export interface Step {
  readonly id: string;
  readonly driver?: string;
  readonly needs?: readonly string[];
  readonly timeout?: string;
}

export function line(message: string): LogLine {
  return { timestamp: "2030-01-01T00:00:00.000Z", level: "info", message, labels: {} };
}

export function pipelineStep(step: Step): PipelineStep {
  const { id, driver = id, needs = null, timeout = null } = step;
  return { id, name: null, driver, needs, timeout };
}

export class World {
  readonly records: MemoryRecords;
  readonly keys = keysOf(NS);
  last: BatchOutput | undefined;
  readonly #checked: boolean;
  readonly #orphans = new Set<string>();
  #id = 0;

  /** `checked`: what must hold between any two commands is looked at after every batch. */
  constructor(options: { limits?: Partial<Limits>; loading?: Loading; checked?: boolean } = {}) {
    const { limits = {}, loading = "planned", checked = true } = options;
    this.#checked = checked;
    const rules = {
      validateSpec: (_: unknown, spec: unknown) =>
        spec === "bad" ? [{ path: "", rule: "type", message: "is bad" }] : [],
      limits: { ...DEFAULT_LIMITS, ...limits },
    };
    this.records = new MemoryRecords(rules, loading);
    this.must({
      kind: "createDefinition",
      id: "def-1",
      mode: "create",
      content: { name: KIND, description: null, version: null, schema: true },
    });
  }

  id(noun: string): string {
    this.#id += 1;
    return `${noun}-${this.#id}`;
  }

  batch(...asked: readonly Asked[]): readonly Outcome[] {
    this.last = this.records.batch(asked.map((one) => ({ ...one, ns: NS, actor: "tester" })));
    const broken = this.#checked ? brokenIn(this.records, this.#orphans) : [];
    if (broken.length > 0) throw new Error(broken.join("; "));
    return this.last.outcomes;
  }

  submit<C extends Asked>(asked: C): Outcome<C["kind"]> {
    return this.batch(asked)[0] as Outcome<C["kind"]>;
  }

  must<C extends Asked>(asked: C): Answers[C["kind"]] {
    const outcome = this.submit(asked);
    if (outcome.ok) return outcome.value;
    throw new Error(`${asked.kind} was refused: ${outcome.refusal.code}`);
  }

  refusal(asked: Asked): Refusal {
    const outcome = this.submit(asked);
    if (!outcome.ok) return outcome.refusal;
    throw new Error(`${asked.kind} was not refused`);
  }

  effects<K extends Effect["kind"]>(kind: K): readonly Extract<Effect, { kind: K }>[] {
    const effects = this.last?.effects ?? [];
    return effects.filter((effect) => effect.kind === kind) as Extract<Effect, { kind: K }>[];
  }

  /** The tables that the last batch wrote to, one for each record. */
  writes(): readonly string[] {
    return (this.last?.writes ?? []).map(({ key }) => key.table).sort();
  }

  pipeline(
    name: string,
    steps: readonly Step[],
    events: readonly EventName[] = ["create", "update"],
  ) {
    const content = {
      ...{ name, description: null, version: null, resource: KIND, events, metadata: {} },
      steps: steps.map(pipelineStep),
    };
    return this.must({ kind: "putPipeline", id: this.id("pipeline"), mode: "apply", content })
      .pipeline;
  }

  createCommand(name: string, pipeline: string | null = null) {
    const content = { kind: KIND, name, pipeline, metadata: {}, spec: { n: this.#id } };
    const ids = { id: this.id("resource"), runId: this.id("run") };
    return { kind: "createResource", ...ids, content } as const;
  }

  updateCommand(name: string, pipeline: string | null = null) {
    const content = { kind: KIND, name, pipeline, metadata: {}, spec: { n: this.#id } };
    return { kind: "updateResource", runId: this.id("run"), content, ifVersion: null } as const;
  }

  /** The id of the run that the creation made. */
  create(name: string, pipeline: string | null = null): string {
    return this.must(this.createCommand(name, pipeline)).run?.id ?? "none";
  }

  update(name: string, pipeline: string | null = null): string {
    return this.must(this.updateCommand(name, pipeline)).run?.id ?? "none";
  }

  removeCommand(name: string, force = false) {
    const at = { resource: KIND, name, force, ifVersion: null };
    return { kind: "deleteResource", runId: this.id("run"), ...at } as const;
  }

  remove(name: string, force = false): string | null {
    return this.must(this.removeCommand(name, force)).run?.id ?? null;
  }

  cancel(run: string): Run {
    return this.must({ kind: "cancelRun", run, reason: "user" }).run;
  }

  rerun(run: string): Run {
    return this.must({ kind: "rerunRun", run, runId: this.id("run") }).run;
  }

  helloCommand(of: Instance) {
    return {
      kind: "hello",
      driver: of.driver,
      instance: of.instance ?? "one",
      bootId: of.bootId ?? "boot-1",
      resources: of.kinds ?? [KIND],
      events: of.events ?? (["create", "update"] as const),
      concurrency: of.concurrency ?? 10,
      leases: of.leases ?? [],
    } as const;
  }

  /** Connects an instance, with as many hellos as it takes. */
  connect(of: Instance): Answers["hello"] {
    let answer = this.must(this.helloCommand(of));
    while (answer.more) answer = this.must(this.helloCommand(of));
    return answer;
  }

  disconnect(id: string, goodbye = false): void {
    const session = this.records.get(this.keys.session(id));
    if (session === undefined) return;
    this.must({ kind: "disconnect", session: id, epoch: session.epoch, goodbye });
  }

  claimCommand() {
    const sessions = this.records.all("session").map(({ id, epoch }) => ({ id, epoch }));
    const topics = this.records
      .all("queue")
      .map(({ driver, kind, event }) => ({ driver, kind, event }));
    return { kind: "claim", sessions, topics, limit: 100 } as const;
  }

  claim(): number {
    return this.must(this.claimCommand()).granted;
  }

  tick(forwardMs = 0): void {
    this.records.now += forwardMs;
    while (this.must({ kind: "tick", limit: 50 }).more);
  }

  run(id: string): Run {
    const run = this.records.get(this.keys.run(id));
    if (run === undefined) throw new Error(`there is no run ${id}`);
    return run;
  }

  step(run: string, id: string): StepRun {
    const step = stepOf(this.run(run), id);
    if (step === undefined) throw new Error(`run ${run} has no step ${id}`);
    return step;
  }

  /** States of a run's step runs, in their order. */
  states(run: string): readonly string[] {
    return this.run(run).steps.map(({ state }) => state);
  }

  resource(name: string): Resource | undefined {
    return this.records.get(this.keys.resource({ kind: KIND, name }));
  }

  /** Names the lease of a step run's last attempt. */
  lease(run: string, step: string): LeaseName {
    return { run, step, token: this.step(run, step).attempts.at(-1)?.token ?? 0 };
  }

  resultCommand(lease: LeaseName, success = true) {
    const result = { success, message: success ? "done" : "broken", data: null };
    return { kind: "recordResult", lease, lines: 0, result, code: null } as const;
  }

  finish(run: string, step: string, success = true): void {
    this.must(this.resultCommand(this.lease(run, step), success));
  }

  linesCommand(lease: LeaseName, first: number, messages: readonly string[]) {
    return { kind: "appendLines", lease, first, lines: messages.map(line) } as const;
  }
}
