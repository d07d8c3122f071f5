/** Counts what was committed, for metrics. */
import { type Effect, isRunEnded } from "@conveyor-ci/core";
import type { EngineCounter } from "../engine.ts";

export class Counters {
  readonly #values: Record<EngineCounter, number> = {
    runsCreated: 0,
    runsEnded: 0,
    leasesGranted: 0,
    leasesLost: 0,
    linesStored: 0,
    lineBytesStored: 0,
  };

  values(): Readonly<Record<EngineCounter, number>> {
    return { ...this.#values };
  }

  count(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "granted") this.#values.leasesGranted += 1;
      else if (effect.kind === "revoked") this.#values.leasesLost += 1;
      else if (effect.kind === "runChanged") this.#countRun(effect);
      else if (effect.kind === "appended") this.#countLines(effect);
    }
  }

  #countRun({ run }: Extract<Effect, { kind: "runChanged" }>): void {
    if (run.state === "pending") this.#values.runsCreated += 1;
    if (isRunEnded(run.state)) this.#values.runsEnded += 1;
  }

  #countLines({ chunk }: Extract<Effect, { kind: "appended" }>): void {
    this.#values.linesStored += chunk.lines.length;
    for (const line of chunk.lines) this.#values.lineBytesStored += line.message.length;
  }
}
