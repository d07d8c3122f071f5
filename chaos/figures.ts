/** What a chaos run amounted to. */
import type { Evidence } from "./evidence.ts";

export function figuresOf({
  sent,
  runs,
  handlers,
  lines,
  follows,
  readsWhileFull,
}: Evidence): Readonly<Record<string, number>> {
  let lost = 0;
  for (const { steps } of runs.values()) {
    for (const { attempts } of steps) {
      lost += attempts.filter(({ outcome }) => outcome === "lost").length;
    }
  }
  const refused = sent.filter(({ isRefused }) => isRefused).length;
  const answered = sent.filter(({ answer }) => answer !== null).length;
  return {
    "changes answered": answered,
    "changes without an answer": sent.length - answered - refused,
    "changes refused for lack of room": refused,
    "reads while the disk was full": readsWhileFull.tried,
    runs: runs.size,
    handlers: handlers.length,
    "attempts lost": lost,
    "handlers told that their lease is lost": handlers.filter(({ lostAt }) => lostAt !== null)
      .length,
    lines: [...lines.values()].reduce((sum, { length }) => sum + length, 0),
    readers: follows.length,
  };
}
