/** Servers that do what they refuse, or do not refuse it (P9): what refusals.ts and blunders.ts must find. */
import { type Command, keysOf, type Outcome, type ResourceVersion } from "@conveyor-ci/core";
import type { Written } from "@conveyor-ci/testkit";
import type { Defect } from "./defect.ts";

/** Other outcomes than there were. */
function saying(
  change: (command: Command, outcome: Outcome) => Outcome,
): () => Pick<Defect, "says"> {
  return () => ({
    says: (commands, result) => ({
      ...result,
      outcomes: result.outcomes.map((outcome, index) => {
        const command = commands[index];
        return command === undefined ? outcome : change(command, outcome);
      }),
    }),
  });
}

const refusingWhatIsDone = saying((command, outcome) => {
  if (command.kind !== "rerunRun" || !outcome.ok) return outcome;
  return { ok: false, refusal: { code: "resource_gone", message: "it is gone" } };
});

const refusingForAnything = saying((_, outcome) =>
  outcome.ok ? outcome : { ok: false, refusal: { ...outcome.refusal, code: "resource_gone" } },
);

const refusingAtWill = saying((command, outcome) => {
  if (command.kind !== "createResource" || outcome.ok) return outcome;
  return { ok: false, refusal: { code: "resource_exists", message: "it exists" } };
});

const cancellingTheEnded = saying((command, outcome) => {
  if (command.kind !== "cancelRun" || outcome.ok) return outcome;
  return { ok: true, value: { run: { id: command.run, state: "cancelled" } } } as Outcome;
});

/** The version that a change expects does not matter. */
function expectingNothing(): Partial<Defect> {
  return {
    rewrite: (commands) =>
      commands.map((command) =>
        "ifVersion" in command ? { ...command, ifVersion: null } : command,
      ),
  };
}

/** What does not match its definition is there, though it was refused. */
function keepingTheRefused(): Partial<Defect> {
  let refused: readonly Extract<Command, { readonly kind: "createResource" }>[] = [];
  return {
    rewrite: (commands) => {
      refused = commands.filter(
        (command) => command.kind === "createResource" && typeof command.content.spec === "string",
      ) as typeof refused;
      return commands;
    },
    stores: (writes) => [...writes, ...refused.map(versionOf)],
  };
}

function versionOf(command: Extract<Command, { readonly kind: "createResource" }>): Written {
  const { id, actor, content, ns } = command;
  const { pipeline, metadata, spec } = content;
  const of = { resource: id, version: 1, pipeline, metadata, spec };
  const after: ResourceVersion = { ...of, run: null, actor, createdAt: 0 };
  return { key: keysOf(ns).version({ id, version: 1 }), before: undefined, after };
}

export const DEFECTS_OF_REFUSALS = {
  "a server that refuses what it has done": refusingWhatIsDone,
  "a server that refuses with another code": refusingForAnything,
  "a server that says that what is not there exists": refusingAtWill,
  "a server that cancels what has ended": cancellingTheEnded,
  "a server that expects no version": expectingNothing,
  "a storage that keeps what was refused": keepingTheRefused,
} as const;
