/** One decision for each command: total over the union, so that a new command must have one. */
import type { Answers, Command, Outcome } from "../commands.ts";
import type { QueueEntry } from "../store/records.ts";
import { cancelRun, rerunRun } from "./cancel.ts";
import { claim } from "./claim.ts";
import { type Context, change, Refused } from "./context.ts";
import { createDefinition, deleteDefinition } from "./definitions.ts";
import { forgetDriver, tick } from "./due.ts";
import { deletePipeline, putPipeline } from "./pipelines.ts";
import { createResource, deleteResource, updateResource } from "./resources.ts";
import { appendLines, recordResult, writeLines } from "./results.ts";
import { disconnect, drain, hello, recover, renew } from "./sessions.ts";

/**
 * Decides one command on what the view holds, and stages what it writes. Pure but for that: the
 * same view, time and numbers give the same outcome. Throws `NotLoaded` when the view lacks
 * something, after which the caller discards the stage.
 */
export function decide(ctx: Context, command: Command, added: readonly QueueEntry[]): Outcome {
  try {
    return { ok: true, value: answer(ctx, command, added) };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, refusal: error.refusal };
    throw error;
  }
}

function answer(
  ctx: Context,
  command: Command,
  added: readonly QueueEntry[],
): Answers[Command["kind"]] {
  switch (command.kind) {
    case "createDefinition":
      return createDefinition(ctx, command);
    case "deleteDefinition":
      return deleteDefinition(ctx, command);
    case "putPipeline":
      return putPipeline(ctx, command);
    case "deletePipeline":
      return deletePipeline(ctx, command);
    case "createResource":
      return createResource(ctx, command);
    case "updateResource":
      return updateResource(ctx, command);
    case "deleteResource":
      return deleteResource(ctx, command);
    case "cancelRun":
      return cancelRun(ctx, command);
    case "rerunRun":
      return rerunRun(ctx, command);
    case "hello":
      return hello(ctx, command);
    case "disconnect":
      return disconnect(ctx, command);
    case "renew":
      return renew(ctx, command);
    case "drain":
      return drain(ctx, command);
    case "forgetDriver":
      return forgetDriver(ctx, command);
    case "appendLines":
      return appendLines(ctx, command);
    case "writeLines":
      return writeLines(ctx, command);
    case "recordResult":
      return recordResult(ctx, command);
    case "claim":
      return claim(ctx, command, added);
    case "tick":
      return tick(ctx, command);
    case "recover":
      return recover(ctx);
    case "broadcast":
      change(ctx, { noun: "message", name: "broadcast", what: command.message });
      return null;
  }
}
