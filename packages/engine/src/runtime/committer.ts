/**
 * Group commit: commands that come while others are being decided share the next transaction and
 * its sync.
 *
 * C1 Commands are decided in the order in which they were submitted.
 * C2 A command is answered after the commit that carries it out, never before.
 * C3 At most `MAX_PENDING` commands wait; beyond that they are refused with `overloaded`.
 * C4 Effects are told in the order of the commits, before the answers of their batch.
 * C5 A decision that fails by a bug fails alone: the others of its batch are decided without it. So
 *    does a claim, whose failure is nobody's answer and is therefore told.
 * C6 After a failure of which the storage cannot say whether the batch is there, nobody is told of
 *    its effects; `onUnsure` is, so that they are looked for.
 */
import {
  type Answers,
  type Claim,
  type Command,
  type CommandKind,
  ConveyorError,
  type Outcome,
  type Rules,
} from "@conveyor-ci/core";
import type { BatchResult, Clock, Storage } from "../ports/index.ts";
import { Histogram, type HistogramFigures } from "./histogram.ts";

const MAX_PENDING = 10_000;
const MAX_BATCH = 500;
const COMMIT_SECONDS = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5];

interface Pending {
  readonly command: Command;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface CommitterOptions {
  readonly storage: Pick<Storage, "batch">;
  readonly clock: Clock;
  readonly rules: Rules;
  /** The claim that goes with a batch, if there is anybody to lease to. */
  readonly claimFor: (commands: readonly Command[]) => Claim | null;
  /** Told when the claim of a batch failed by a bug; must not throw. */
  readonly onClaimFailed: (error: unknown) => void;
  /** Told after each commit; must not throw. */
  readonly onCommitted: (result: BatchResult, claim: ClaimAnswer | null) => void;
  /** Told when a batch may be committed, or not; must not throw. */
  readonly onUnsure: () => void;
}

export interface ClaimAnswer {
  readonly claim: Claim;
  readonly answer: Answers["claim"];
}

export class Committer {
  readonly #options: CommitterOptions;
  #pending: Pending[] = [];
  #running: Promise<void> | null = null;
  #isClosed = false;
  /** Somebody asked for a batch since the last one was taken. */
  #isStirred = false;
  readonly #commits = new Histogram(COMMIT_SECONDS);

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /** How long transactions took. */
  get commits(): HistogramFigures {
    return this.#commits.figures();
  }

  /** Resolves with the answer once it is durable; rejects with the refusal. */
  submit<K extends CommandKind>(
    command: Extract<Command, { readonly kind: K }>,
  ): Promise<Answers[K]> {
    if (this.#isClosed) return Promise.reject(stopping());
    if (this.#pending.length >= MAX_PENDING) return Promise.reject(overloaded());
    return new Promise((resolve, reject) => {
      this.#pending.push({ command, resolve: resolve as (value: unknown) => void, reject });
      this.wake();
    });
  }

  /** Makes sure that a batch follows, if only to lease what is queued. */
  wake(): void {
    this.#isStirred = true;
    this.#running ??= this.#options.clock
      .nextTurn()
      .then(() => this.#run())
      .finally(() => {
        this.#running = null;
        if (this.#isStirred) this.wake();
      });
  }

  /** Finishes what was submitted and takes nothing more; idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    for (;;) {
      this.#isStirred = false;
      const batch = this.#pending.splice(0, MAX_BATCH);
      await this.#commit(batch);
      if (this.#pending.length === 0 && !this.#isStirred) return;
      // Sockets get their turn between two batches, so that the next one is a full one.
      await this.#options.clock.nextTurn();
    }
  }

  async #commit(batch: readonly Pending[]): Promise<void> {
    const claim = this.#options.claimFor(batch.map(({ command }) => command));
    await this.#commitWith(batch, claim);
  }

  async #commitWith(batch: readonly Pending[], claim: Claim | null): Promise<void> {
    const commands: Command[] = batch.map((pending) => pending.command);
    if (claim !== null) commands.push(claim);
    if (commands.length === 0) return;
    try {
      const result = await this.#batch(commands);
      const claimed = claim === null ? undefined : result.outcomes.at(-1);
      const answer = claimed?.ok === true ? (claimed.value as Answers["claim"]) : null;
      const told = claim === null || answer === null ? null : { claim, answer };
      this.#options.onCommitted(result, told);
      for (const [index, pending] of batch.entries()) settle(pending, result.outcomes[index]);
    } catch (error) {
      if (error instanceof ConveyorError && error.code === "storage_unavailable") {
        this.#options.onUnsure(); // C6
      }
      await this.#failed(error, batch, claim);
    }
  }

  /** Nothing of it is told. A bug in one decision must not fail the others that it met (C5). */
  async #failed(error: unknown, batch: readonly Pending[], claim: Claim | null): Promise<void> {
    const isBug = !(error instanceof ConveyorError);
    if (isBug && claim !== null) {
      await this.#commitWith(batch, null);
      this.#options.onClaimFailed(error);
    } else if (isBug && batch.length > 1) {
      for (const pending of batch) await this.#commitWith([pending], null);
    } else {
      for (const pending of batch) pending.reject(error);
    }
  }

  async #batch(commands: readonly Command[]): Promise<BatchResult> {
    const { storage, rules, clock } = this.#options;
    const begun = clock.now();
    const result = await storage.batch(commands, rules);
    this.#commits.add((clock.now() - begun) / 1_000);
    return result;
  }
}

function settle(pending: Pending, outcome: Outcome | undefined): void {
  if (outcome === undefined) pending.reject(new Error("a command has no outcome"));
  else if (outcome.ok) pending.resolve(outcome.value);
  else pending.reject(new ConveyorError(outcome.refusal));
}

function stopping(): ConveyorError {
  return new ConveyorError({ code: "shutting_down", message: "the server is stopping" });
}

function overloaded(): ConveyorError {
  return new ConveyorError({
    code: "overloaded",
    message: `${MAX_PENDING} requests are waiting to be written`,
    hint: "try again in a moment",
  });
}
