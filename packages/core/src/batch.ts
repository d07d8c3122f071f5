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
import { keysOf, type QueueEntry } from "./store/records.ts";
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
  readonly changes: readonly (NewChange & { readonly at: number; readonly ns: string })[];
  readonly effects: readonly Effect[];
}

/** Planned rounds of loading before the decisions; what is missed is loaded on demand. */
const PLANNED_ROUNDS = 3;

/** Loads on demand for one command; more means that a decision does not end. */
const MAX_DEMANDS = 200_000;

/**
 * Drives a batch. Yields what is to be loaded into `input.view`; the caller loads all of it and
 * calls `next()`. Returns what to write.
 */
export function* runBatch(input: BatchInput): Generator<readonly Load[], BatchOutput, void> {
  const outcomes: Outcome[] = [];
  const changes: BatchOutput["changes"][number][] = [];
  const effects: Effect[] = [];
  const claims = input.commands.filter((command) => command.kind === "claim");
  yield* load(input, claims.length === 0 ? input.commands : withoutClaims(input.commands));
  for (const command of input.commands) {
    const added = command.kind === "claim" ? queuedIn(input, { ns: command.ns, effects }) : [];
    if (command.kind === "claim") yield* load(input, [command], added);
    const decision = yield* decideOne(input, command, added);
    outcomes.push(decision.outcome);
    for (const entry of decision.changes) changes.push({ ...entry, at: input.now, ns: command.ns });
    effects.push(...decision.effects);
  }
  return { outcomes, writes: input.view.writes(), changes, effects };
}

function withoutClaims(commands: readonly Command[]): readonly Command[] {
  return commands.filter((command) => command.kind !== "claim");
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
  const { view, now, rules, numbers } = input;
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
      yield [error.load];
    }
  }
}

/** Step runs that this batch queued, for the claim at its end. */
function queuedIn(
  input: BatchInput,
  of: { readonly ns: string; readonly effects: readonly Effect[] },
): readonly QueueEntry[] {
  const keys = keysOf(of.ns);
  const entries: QueueEntry[] = [];
  for (const effect of of.effects) {
    if (effect.kind !== "queued") continue;
    const entry = input.view.get(keys.queue(effect.entry));
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}
