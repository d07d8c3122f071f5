/**
 * Wires the engine: the one place where ports, committer, dispatcher, loops and use cases meet.
 */
import {
  type Claim,
  type Command,
  DEFAULT_LIMITS,
  type Effect,
  keysOf,
  type Limits,
  type RenewedSession,
  type Rules,
} from "@conveyor-ci/core";
import type { Engine } from "./engine.ts";
import {
  type BatchResult,
  type Clock,
  type LogStore,
  type Notifier,
  type Storage,
  systemClock,
} from "./ports/index.ts";
import { Committer } from "./runtime/committer.ts";
import { Counters } from "./runtime/counters.ts";
import { type Connected, Dispatcher } from "./runtime/dispatcher.ts";
import { LocalNotifier } from "./runtime/local-notifier.ts";
import { createLoop, type Loop } from "./runtime/loops.ts";
import { newId } from "./runtime/new-id.ts";
import { Readiness } from "./runtime/readiness.ts";
import { createSchemaValidator, type SchemaValidator } from "./schema/validator.ts";
import { catalogUseCases } from "./use-cases/catalog.ts";
import { connectInstance } from "./use-cases/connecting.ts";
import type { EngineContext } from "./use-cases/context.ts";
import { driverUseCases } from "./use-cases/drivers.ts";
import { readFigures } from "./use-cases/figures.ts";
import { logUseCases } from "./use-cases/logs.ts";
import { assignmentOf } from "./use-cases/reading.ts";
import { resourceUseCases } from "./use-cases/resources.ts";
import { runUseCases } from "./use-cases/runs.ts";

/** The namespace of all keys, until there are several. */
const NAMESPACE = "default";

/** How often sessions that were heard of are renewed: four times within their silence. */
const RENEW_MS = 5_000;
/** How often what is due is looked for: the delay this adds to an expiry. */
const TICK_MS = 500;
const TICK_LIMIT = 256;
/** A tick that comes so late says that the server itself was stopped. */
const PAUSE_MS = 5_000;

export interface EngineOptions {
  readonly storage: Storage;
  readonly logs: LogStore;
  readonly clock?: Clock;
  readonly notifier?: Notifier;
  readonly limits?: Partial<Limits>;
  /** Compiles schemas and keeps them; a host of several engines may share one. */
  readonly validator?: SchemaValidator;
  /** Makes the ids of what is created: time-ordered UUIDs that never repeat, unless set. */
  readonly newId?: () => string;
  /** Told of failures in loops, which nobody waits for. */
  readonly onError?: (error: unknown) => void;
}

/** Builds an engine on its ports. It does nothing until `start`. */
export function createEngine(options: EngineOptions): Engine {
  const { storage, logs, onError = () => {} } = options;
  const validator = options.validator ?? createSchemaValidator();
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const rules: Rules = {
    limits,
    validateSpec: (definition, spec) => validator.validateSpec(definition, spec),
  };
  const notifier = options.notifier ?? new LocalNotifier();
  const clock = options.clock ?? systemClock;
  const counters = new Counters();
  const dispatcher: Dispatcher = new Dispatcher({
    ns: NAMESPACE,
    assignmentOf: (grant) => assignmentOf(context, grant),
    wake: () => committer.wake(),
  });
  const committer: Committer = new Committer({
    storage,
    rules,
    clock,
    claimFor: (commands: readonly Command[]): Claim | null => dispatcher.claimFor(commands),
    onClaimFailed: (error) => {
      onError(error);
      dispatcher.claimFailed(error);
    },
    onCommitted: (result, claim) => {
      counters.count(result.effects);
      dispatcher.committed(result.effects, claim);
      publish(notifier, result);
    },
    onUnsure: () => dispatcher.startOver(),
  });
  const context: EngineContext = {
    ns: NAMESPACE,
    keys: keysOf(NAMESPACE),
    storage,
    logs,
    clock,
    notifier,
    rules,
    validator,
    dispatcher,
    submit: (command) => committer.submit(command),
    newId: options.newId ?? newId,
  };
  const loops = [
    createLoop({ clock, everyMs: TICK_MS, onError, turn: createTicker(context) }),
    createLoop({ clock, everyMs: RENEW_MS, onError, turn: () => renew(context) }),
  ];
  return {
    ...lifecycle({ context, committer, loops }),
    ...catalogUseCases(context),
    ...resourceUseCases(context),
    ...runUseCases(context),
    ...driverUseCases(context),
    ...logUseCases(context),
    connect: (hello, link) => connectInstance(context, hello, link),
    figures: () => readFigures(context, { counters, committer }),
  };
}

interface Parts {
  readonly context: EngineContext;
  readonly committer: Committer;
  readonly loops: readonly Loop[];
}

function lifecycle({ context, committer, loops }: Parts) {
  let stopping: Promise<void> | null = null;
  const readiness = new Readiness(context.storage, context.clock);
  const stop = async (): Promise<void> => {
    for (const { link } of context.dispatcher.connections) link.drain();
    await Promise.all(loops.map((loop) => loop.stop()));
    await committer.close();
    for (const { link } of context.dispatcher.connections) link.close("stopping");
  };
  return {
    start: async () => {
      await context.submit({ kind: "recover", ns: context.ns, actor: "system" });
      for (const loop of loops) loop.start();
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
    checkReady: () => readiness.check(),
  };
}

function publish(notifier: Notifier, { effects, changes }: BatchResult): void {
  for (const effect of effects) publishEffect(notifier, effect);
  if (changes.length > 0) notifier.publish("feed", { kind: "feed", changes });
}

function publishEffect(notifier: Notifier, effect: Effect): void {
  switch (effect.kind) {
    case "appended":
      notifier.publish(`run:${effect.chunk.run}`, { kind: "appended", chunk: effect.chunk });
      break;
    case "runChanged":
      notifier.publish(`run:${effect.run.id}`, { kind: "run", run: effect.run });
      break;
    case "queued":
      notifier.publish("queues", { kind: "queued", topic: effect.entry });
      break;
    case "granted":
    case "cancel":
    case "revoked":
    case "slotFreed":
    case "expired":
      break;
  }
}

/**
 * Does what is due. A server that was stopped for a while heard nothing in that time, which says
 * nothing about its instances: they are renewed before anything is held against them. It may be
 * stopped after it asked for a tick as well, so a tick does only what was due when it was asked for.
 * An instance that comes back from a long silence is renewed in front of the tick, which could end
 * its session before the next renewal of all.
 * While the storage was away nobody could be renewed and every connection was ended (D5 of the
 * dispatcher): all get the time to come back that a start gives.
 */
function createTicker(context: EngineContext): () => Promise<boolean> {
  const { ns, clock, storage, submit, dispatcher } = context;
  const { silenceMs } = context.rules.limits;
  let last = clock.now();
  let hasFailed = false;
  return async () => {
    const until = storage.now();
    const now = clock.now();
    if (now - last > PAUSE_MS) {
      if (hasFailed) await submit({ kind: "recover", ns, actor: "system" });
      for (const connected of dispatcher.connections) connected.heardAt = now;
      await renew(context);
    }
    hasFailed = true;
    const isBack = ({ renewedAt }: Connected): boolean => now - renewedAt > silenceMs / 2;
    const renewed = renew(context, isBack);
    const done = submit({ kind: "tick", ns, actor: "system", limit: TICK_LIMIT, until });
    const [{ more }] = await Promise.all([done, renewed]);
    hasFailed = false;
    last = now;
    return more;
  };
}

/** Renews, as one command, the sessions of instances that were heard of since the last time. */
async function renew(
  context: EngineContext,
  isAsked: (connected: Connected) => boolean = () => true,
): Promise<boolean> {
  const now = context.clock.now();
  const sessions: RenewedSession[] = [];
  for (const connected of context.dispatcher.connections) {
    const { heardAt, session } = connected;
    if (heardAt === null || !isAsked(connected)) continue;
    sessions.push({ id: session.id, epoch: session.epoch, silentMs: Math.floor(now - heardAt) });
    connected.heardAt = null;
    connected.renewedAt = heardAt;
  }
  if (sessions.length === 0) return false;
  const command = { kind: "renew", ns: context.ns, actor: "system", sessions } as const;
  const { unknown } = await context.submit(command);
  for (const id of unknown) context.dispatcher.find(id)?.link.close("expired");
  return false;
}
