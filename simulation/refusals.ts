/**
 * What is refused changes nothing (P9), looked at with every commit.
 *
 * B1 The rest of a batch comes to the same as without what was refused in it: the same records, the
 *    same entries of the feed, the same effects and answers. Of what was refused alone nothing comes.
 * B2 What is refused for the state of things is refused for the state that there is, and what is
 *    accepted was not to be refused for it.
 * B3 Whoever asks only for what cannot be leaves no trace.
 */
import {
  type Command,
  type Effect,
  isRunEnded,
  type Outcome,
  type Refusal,
  type Run,
} from "@conveyor-ci/core";
import { BLUNDERER } from "./blunders.ts";
import type { Commit, Disk } from "./disk.ts";
import type { Stage } from "./stage.ts";

export function watchRefusals({ world }: Stage): (commit: Commit) => void {
  const { broken, disk } = world;
  return (commit) => {
    const { commands, result } = commit;
    let refused = 0;
    for (const [index, command] of commands.entries()) {
      const outcome = result.outcomes[index];
      if (outcome?.ok === false) refused += 1;
      else if (!wasAcceptable(commit, command, outcome)) {
        broken.push(`${command.kind} was accepted, and had to be refused`);
      }
    }
    for (const { actor, what } of result.changes) {
      if (actor === BLUNDERER.name) broken.push(`the feed tells of what cannot be: ${what}`);
    }
    if (refused > 0) {
      world.seen(refused < commands.length ? "refusal beside what was accepted" : "refusal");
      broken.push(...untrueRefusals(commit, disk));
      void leavesNothing(commit).then((wrong) => void broken.push(...wrong));
    }
  };
}

/** B1 */
async function leavesNothing(commit: Commit): Promise<readonly string[]> {
  const { commands, result, written, decideAlone } = commit;
  const isAccepted = (_: unknown, index: number): boolean => result.outcomes[index]?.ok === true;
  const accepted = commands.filter(isAccepted);
  const { changes, effects } = result;
  const refused = commands.filter((command) => !accepted.includes(command));
  const what = refused.map(({ kind }) => kind).join(", ");
  if (accepted.length === 0) {
    const traces = written.length + changes.length + effects.length;
    return traces === 0 ? [] : [`what was refused left ${traces} traces: ${what}`];
  }
  const alone = await decideAlone(accepted);
  const isSame =
    recordsOf(written) === recordsOf(alone.written) &&
    textOf(effects) === textOf(alone.result.effects) &&
    JSON.stringify([result.outcomes.filter(isAccepted), changes]) ===
      JSON.stringify([alone.result.outcomes, alone.result.changes]);
  return isSame ? [] : [`what was refused made a difference: ${what}`];
}

/** A grant brings its version along where the batch happened to have loaded it: a hint, no more. */
function textOf(effects: readonly Effect[]): string {
  const withoutHints = effects.map((effect) =>
    effect.kind === "granted" ? { ...effect, grant: { ...effect.grant, version: null } } : effect,
  );
  return JSON.stringify(withoutHints);
}

function recordsOf(written: Commit["written"]): string {
  return JSON.stringify(
    written.map(({ key, after }) => `${key.text} ${JSON.stringify(after)}`).sort(),
  );
}

/** B2, of refusals by which nothing else of their batch came between them and the state there is. */
function untrueRefusals({ commands, result }: Commit, disk: Disk): readonly string[] {
  const isAlone = commands.every(
    ({ kind }, index) => kind === "claim" || result.outcomes[index]?.ok === false,
  );
  if (!isAlone) return [];
  return commands.flatMap((command, index) => {
    const outcome = result.outcomes[index];
    if (outcome?.ok !== false || isTrue(command, outcome.refusal, disk)) return [];
    return [`${command.kind} was refused with ${outcome.refusal.code}, which is not so`];
  });
}

function isTrue(command: Command, { code }: Refusal, disk: Disk): boolean {
  switch (code) {
    case "run_finished":
      return "run" in command && isRunEnded(runOf(disk, String(command.run))?.state ?? "pending");
    case "run_not_found":
      return "run" in command && runOf(disk, String(command.run)) === undefined;
    case "version_conflict":
      return "ifVersion" in command && command.ifVersion !== resourceOf(disk, command)?.version;
    case "resource_exists":
      return resourceOf(disk, command) !== undefined;
    case "resource_not_found":
      return resourceOf(disk, command) === undefined;
    default:
      return true;
  }
}

function runOf(disk: Disk, id: string): Run | undefined {
  return disk.all("run").find((run) => run.id === id);
}

/** The resource that a command names, if somebody can see it. */
function resourceOf(disk: Disk, command: Command) {
  const at = resourceAt(command);
  return disk
    .all("resource")
    .find(({ kind, name, phase }) => kind === at?.kind && name === at.name && phase !== "deleted");
}

function resourceAt(command: Command): { readonly kind: string; readonly name: string } | null {
  switch (command.kind) {
    case "createResource":
    case "updateResource":
      return command.content;
    case "deleteResource":
      return { kind: command.resource, name: command.name };
    default:
      return null;
  }
}

/** B2 */
function wasAcceptable(commit: Commit, command: Command, outcome: Outcome | undefined): boolean {
  if (outcome?.ok !== true) return true;
  switch (command.kind) {
    case "updateResource": {
      const { resource, changed } = outcome.value as {
        resource: { version: number };
        changed: boolean;
      };
      const before = resource.version - (changed ? 1 : 0);
      return command.ifVersion === null || command.ifVersion === before;
    }
    case "cancelRun": {
      const { run } = outcome.value as { readonly run: Run };
      // One that ended just now, by this very command, is among what was written.
      return (
        !isRunEnded(run.state) ||
        commit.written.some(({ key }) => key.table === "run" && key.parts[0] === run.id)
      );
    }
    default:
      return true;
  }
}
