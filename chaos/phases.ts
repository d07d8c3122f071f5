/**
 * In which phases of the protocol kills struck: for each kill, what was under way at that moment and
 * how far it had come.
 */
import type { WireRun } from "@conveyor-ci/contract";
import type { JournalEntry } from "../e2e/harness/journal.ts";
import { groupBy, type SentChange, type Strike } from "./evidence.ts";

export const PHASES = [
  "change sent, not durable",
  "change durable, not answered",
  "step run leased, handler not started",
  "handler at work",
  "lines logged, not sent for durability",
  "lines flushed, not acknowledged",
  "result returned, not recorded",
  "reader in mid-stream",
] as const;
export type Phase = (typeof PHASES)[number];

/** How many things of each phase one kill struck. */
export type Struck = ReadonlyMap<Phase, number>;

export interface PhaseInput {
  readonly kills: readonly Strike[];
  readonly sent: readonly SentChange[];
  readonly runs: ReadonlyMap<string, WireRun>;
  readonly journal: readonly JournalEntry[];
}

export function phasesOf(input: PhaseInput): readonly Struck[] {
  const byAttempt = groupBy(input.journal, ({ run, step, attempt }) => `${run}/${step}/${attempt}`);
  const unanswered = changesByKill(input);
  return input.kills.map((kill) => {
    const struck = new Map<Phase, number>();
    const count = (phase: Phase): void => void struck.set(phase, (struck.get(phase) ?? 0) + 1);
    for (const phase of unanswered.get(kill) ?? []) count(phase);
    for (const phase of stepRunPhases(kill, input.runs, byAttempt)) count(phase);
    if (kill.victim === "server") struck.set("reader in mid-stream", kill.readers);
    return struck;
  });
}

/** The creates that a kill of the server left without an answer; it is the first one behind them. */
function changesByKill({ kills, sent, runs }: PhaseInput): ReadonlyMap<Strike, readonly Phase[]> {
  const durable = new Set<string>();
  for (const { resource } of runs.values()) durable.add(`${resource.kind}/${resource.name}`);
  const phases = new Map<Strike, Phase[]>();
  for (const { answer, isRefused, event, kind, name, sentAt } of sent) {
    const kill = kills.find(({ victim, at }) => victim === "server" && at >= sentAt);
    if (answer !== null || isRefused || event !== "create" || kill === undefined) continue;
    const isDurable = durable.has(`${kind}/${name}`);
    const phase = isDurable ? "change durable, not answered" : "change sent, not durable";
    phases.set(kill, [...(phases.get(kill) ?? []), phase]);
  }
  return phases;
}

/** Phases of the attempts that were live at the kill: all of them, or those of the killed process. */
function* stepRunPhases(
  kill: Strike,
  runs: ReadonlyMap<string, WireRun>,
  byAttempt: ReadonlyMap<string, readonly JournalEntry[]>,
): Generator<Phase> {
  for (const run of runs.values()) {
    if (run.finishedAt !== null && Date.parse(run.finishedAt) < kill.wallAt) continue;
    if (Date.parse(run.createdAt) > kill.wallAt) continue;
    for (const step of run.steps) {
      for (const attempt of step.attempts) {
        const isOver = attempt.finishedAt !== null && Date.parse(attempt.finishedAt) < kill.wallAt;
        if (isOver || Date.parse(attempt.startedAt) > kill.wallAt) continue;
        const entries = byAttempt.get(`${run.id}/${step.id}/${attempt.number}`) ?? [];
        if (kill.victim === "driver" && !isOf(kill, attempt.instance, entries)) continue;
        const last = entries.filter(({ at }) => at <= kill.at).at(-1);
        yield phaseAfter(last?.what);
      }
    }
  }
}

/** A handler that was never started left no process id, but its instance's name is known. */
function isOf(kill: Strike, instance: string, entries: readonly JournalEntry[]): boolean {
  const [first] = entries;
  return first === undefined ? instance === kill.instance : first.pid === kill.pid;
}

function phaseAfter(what: string | undefined): Phase {
  switch (what) {
    case undefined:
      return "step run leased, handler not started";
    case "logging":
      return "lines logged, not sent for durability";
    case "flushing":
      return "lines flushed, not acknowledged";
    case "end":
      return "result returned, not recorded";
    default:
      return "handler at work";
  }
}
