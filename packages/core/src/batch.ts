/**
 * Runs a batch of commands as one transaction, without knowing any storage: it says what to load,
 * decides each command in order on what those before it left, and hands back what to write.
 *
 * B1 Each command is accepted or refused on its own; a refused one leaves no write, no change and
 *    no effect.
 * B2 The adapter loads between `next()` calls, inside its transaction, and writes after the last.
 * B3 Loading is bounded: a few planned rounds, and then what a decision asks for beyond its plan.
 */
import type { Command, Effect, Outcome } from "./commands.ts";
import type { Context } from "./decide/context.ts";
import { decide } from "./decide/decide.ts";
import { planLoads } from "./decide/plan.ts";
import { assertRule } from "./errors.ts";
import type { NewChange } from "./nouns/change.ts";
import type { Numbers, Rules } from "./rules.ts";
import type { Load } from "./store/load.ts";
import { type Key, keysOf, type QueueEntry } from "./store/records.ts";
import { NotLoaded, type View, type Write } from "./store/view.ts";

export interface BatchInput {
  readonly commands: readonly Command[];
  /** The storage's time in milliseconds since 1970; never goes back. */
  readonly now: number;
  readonly view: View;
  readonly rules: Rules;
  readonly numbers: Numbers;
}

export interface BatchOutput {
  /** One for each command, in their order. */
  readonly outcomes: readonly Outcome[];
  readonly writes: readonly Write[];
  /** For the feed, in order; the adapter gives them positions as its last act. */
  readonly changes: readonly NewChange[];
  readonly effects: readonly Effect[];
}

/** The most planned rounds of loading, of which most batches need two. */
const PLANNED_ROUNDS = 5;

/** Loads on demand for one command; more means that a decision does not end. */
const MAX_DEMANDS = 200_000;

/**
 * Drives a batch. Yields what is to be loaded into `input.view`; the caller loads all of it and
 * calls `next()`. Returns what to write.
 */
export function* runBatch(input: BatchInput): Generator<readonly Load[], BatchOutput, void> {
  const outcomes: Outcome[] = [];
  const changes: NewChange[] = [];
  const effects: Effect[] = [];
  const queued: Key<"queue">[] = [];
  yield* load(
    input,
    input.commands.filter(({ kind }) => kind !== "claim"),
  );
  for (const command of input.commands) {
    const added = command.kind === "claim" ? stillQueued(input.view, command.ns, queued) : [];
    if (command.kind === "claim") yield* load(input, [command], added);
    const decision = yield* decideOne(input, command, added);
    outcomes.push(decision.outcome);
    for (const change of decision.changes) changes.push(change);
    for (const effect of decision.effects) {
      effects.push(effect);
      if (effect.kind === "queued") queued.push(keysOf(command.ns).queue(effect.entry));
    }
  }
  return { outcomes, writes: input.view.writes(), changes, effects };
}

function* load(
  input: BatchInput,
  commands: readonly Command[],
  added: readonly QueueEntry[] = [],
): Generator<readonly Load[], void, void> {
  for (let round = 0; round < PLANNED_ROUNDS; round += 1) {
    const wanted = new Map<string, Load>();
    for (const command of commands) {
      for (const one of planLoads(command, input.view, added)) {
        wanted.set(one.kind === "record" ? one.key.text : one.request.text, one);
      }
    }
    if (wanted.size === 0) return;
    yield [...wanted.values()];
  }
}

interface Decision {
  readonly outcome: Outcome;
  readonly changes: readonly NewChange[];
  readonly effects: readonly Effect[];
}

function* decideOne(
  input: BatchInput,
  command: Command,
  added: readonly QueueEntry[],
): Generator<readonly Load[], Decision, void> {
  const { view, now, rules } = input;
  const { numbers, rewind } = remembered(input.numbers);
  const keys = keysOf(command.ns);
  for (let demands = 0; ; demands += 1) {
    assertRule(demands < MAX_DEMANDS, "a decision ends (B3)");
    const ctx: Context = {
      ns: command.ns,
      actor: command.actor,
      now,
      view,
      keys,
      rules,
      numbers,
      effects: [],
      changes: [],
    };
    try {
      const outcome = decide(ctx, command, added);
      if (outcome.ok) {
        view.accept();
        return { outcome, changes: ctx.changes, effects: ctx.effects };
      }
      view.discard();
      return { outcome, changes: [], effects: [] };
    } catch (error) {
      view.discard();
      if (!(error instanceof NotLoaded)) throw error;
      rewind();
      yield [error.load];
    }
  }
}

/** Step runs of a namespace that this batch queued, for the claim at its end. */
function stillQueued(
  view: View,
  ns: string,
  queued: readonly Key<"queue">[],
): readonly QueueEntry[] {
  const entries = queued.map((key) => (key.ns === ns ? view.get(key) : undefined));
  return entries.filter((entry) => entry !== undefined);
}

interface Remembered {
  readonly numbers: Numbers;
  readonly rewind: () => void;
}

/** Gives a decision that is taken again the numbers that it took the first time. */
function remembered(numbers: Numbers): Remembered {
  const positions = sequence(() => numbers.nextRunPosition());
  const tokens = sequence(() => numbers.nextLeaseToken());
  const rewind = (): void => {
    positions.rewind();
    tokens.rewind();
  };
  return { numbers: { nextRunPosition: positions.next, nextLeaseToken: tokens.next }, rewind };
}

function sequence(take: () => number) {
  const taken: number[] = [];
  let at = 0;
  const next = (): number => {
    const number = taken[at] ?? take();
    taken[at] = number;
    at += 1;
    return number;
  };
  const rewind = (): void => {
    at = 0;
  };
  return { next, rewind };
}
