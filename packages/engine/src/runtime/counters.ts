/** Counts what was committed, for metrics. */
import { type Effect, isRunEnded, type RunEndState } from "@conveyor-ci/core";
import type { CommittedFigures } from "../engine.ts";
import { Histogram } from "./histogram.ts";

/** From a commit that leases at once to a driver that was away for a day. */
const WAIT_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200, 86_400];

export class Counters {
  readonly #runsEnded: Record<RunEndState, number> = {
    succeeded: 0,
    failed: 0,
    cancelled: 0,
    timed_out: 0,
  };
  readonly #waits = new Histogram(WAIT_SECONDS);
  #runsCreated = 0;
  #leasesLost = 0;
  #linesStored = 0;
  #lineBytesStored = 0;

  figures(): CommittedFigures {
    return {
      runsCreated: this.#runsCreated,
      runsEnded: { ...this.#runsEnded },
      leasesLost: this.#leasesLost,
      linesStored: this.#linesStored,
      lineBytesStored: this.#lineBytesStored,
      waits: this.#waits.figures(),
    };
  }

  count(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "granted") this.#waits.add(effect.waitedMs / 1_000);
      else if (effect.kind === "revoked") this.#leasesLost += 1;
      else if (effect.kind === "runChanged") this.#countRun(effect);
      else if (effect.kind === "appended") this.#countLines(effect);
    }
  }

  #countRun({ run: { state } }: Extract<Effect, { kind: "runChanged" }>): void {
    if (state === "pending") this.#runsCreated += 1;
    if (isRunEnded(state)) this.#runsEnded[state] += 1;
  }

  #countLines({ chunk }: Extract<Effect, { kind: "appended" }>): void {
    this.#linesStored += chunk.lines.length;
    for (const line of chunk.lines) this.#lineBytesStored += line.message.length;
  }
}
