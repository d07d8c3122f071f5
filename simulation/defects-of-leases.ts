/** Servers that take leases away without a reason (P2, P8, P10): what lease-ends.ts must find. */
import type { Command } from "@conveyor-ci/core";
import type { Defect } from "./defect.ts";

function rewriting(change: (command: Command) => Command): () => Pick<Defect, "rewrite"> {
  return () => ({ rewrite: (commands) => commands.map(change) });
}

const takingCutsForGoodbyes = rewriting((command) =>
  command.kind === "disconnect" ? { ...command, goodbye: true } : command,
);

/** The run of a lease that comes back is not found. */
const knowingNoLease = rewriting((command) => {
  if (command.kind !== "hello") return command;
  const leases = command.leases.map((lease) => ({ ...lease, run: "unknown" }));
  return { ...command, leases };
});

const startingWithoutAWord = rewriting((command) => {
  if (command.kind !== "recover") return command;
  const { ns, actor } = command;
  return { kind: "renew", ns, actor, sessions: [] };
});

const hearingNobody = rewriting((command) => {
  if (command.kind !== "renew") return command;
  const sessions = command.sessions.map((session) => ({ ...session, silentMs: 60_000 }));
  return { ...command, sessions };
});

/** What was deleted is said to have been cancelled by a user. */
const givingAnotherReason: Pick<Defect, "says"> = {
  says: (_, result) => ({
    ...result,
    effects: result.effects.map((effect) =>
      effect.kind === "cancel" ? { ...effect, reason: "user" } : effect,
    ),
  }),
};

/** Nobody is renewed when the server has been stopped for a while. */
const wakingWithoutAWord = rewriting((command) => {
  if (command.kind !== "renew" || command.sessions.some(({ silentMs }) => silentMs !== 0)) {
    return command;
  }
  return { ...command, sessions: [] };
});

export const DEFECTS_OF_LEASES = {
  "a server whose start is nobody's fresh time": startingWithoutAWord,
  "a server that gives 5 s after its start": () => ({ limits: { startGraceMs: 5_000 } }),
  "a server that does not know the leases that come back": knowingNoLease,
  "a server that takes a cut for a goodbye": takingCutsForGoodbyes,
  "a server that gives a closed connection 3 s": () => ({ limits: { disconnectGraceMs: 3_000 } }),
  "a server that gives a silent connection 8 s": () => ({ limits: { silenceMs: 8_000 } }),
  "a server that holds its own pause against its instances": wakingWithoutAWord,
  "a server that does not hear its instances": hearingNobody,
  "a server that says that a user cancelled what was deleted": () => givingAnotherReason,
  "a server that gives a handler 3 s to stop": () => ({ limits: { cancelGraceMs: 3_000 } }),
} as const;
