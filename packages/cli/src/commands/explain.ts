/** `conveyor explain`: why a run is not moving, or how it ended. */
import type { Command } from "commander";
import { contextOf, defineCommand, type Wiring } from "../context.ts";
import { printDocument } from "../output.ts";
import { renderExplanation } from "../run-view.ts";

export function explainCommand(wiring: Wiring): Command {
  return defineCommand("explain", "say why a run is not moving")
    .argument("<run>", "the run's id")
    .action(async (runId: string, _options: unknown, command: Command) => {
      const context = contextOf(wiring, command);
      const run = await context.client.runs.get(runId);
      const { id, state, why } = run;
      const steps = run.steps.map((step) => ({
        id: step.id,
        driver: step.driver,
        state: step.state,
        why: step.why ?? [],
      }));
      await printDocument(context, { id, state, why, steps }, () =>
        renderExplanation(run, context.terminal),
      );
    });
}
