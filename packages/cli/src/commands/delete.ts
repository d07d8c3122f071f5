/** `conveyor delete` */
import type { Command } from "commander";
import { contextOf, defineCommand, type Wiring } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { nounOf } from "../nouns.ts";
import { printDocument } from "../output.ts";

/** What became of it; part of the JSON contract. */
interface Deleted {
  readonly kind: string;
  readonly name: string;
  readonly outcome: "deleted" | "deleting" | "forgotten";
  readonly runid?: string;
}

export function deleteCommand(wiring: Wiring): Command {
  return defineCommand("delete", "delete one; drivers are forgotten")
    .argument("<kind>", "definitions, pipelines, drivers, or a kind of resource")
    .argument("<name>", "its name")
    .option("--force", "a resource: without waiting for the drivers that clean up")
    .action(async (kind: string, name: string, ...rest: [{ force?: true }, Command]) => {
      const [options, command] = rest;
      const context = contextOf(wiring, command);
      const noun = nounOf(kind);
      if (!noun.canDelete) {
        throw usageFailure(
          "runs are history and stay",
          `\`conveyor run cancel ${name}\` ends one that goes on`,
        );
      }
      const { runId } = await noun.remove(context.client, name, options.force ?? false);
      const isDriver = /^drivers?$/i.test(kind);
      const outcome = runId !== null ? "deleting" : isDriver ? "forgotten" : "deleted";
      const deleted: Deleted = {
        kind,
        name,
        outcome,
        ...(runId === null ? {} : { runid: runId }),
      };
      await printDocument(context, deleted, () => {
        const run = runId === null ? "" : ` (run ${runId})`;
        return `${kind}/${name} ${outcome}${run}\n`;
      });
    });
}
