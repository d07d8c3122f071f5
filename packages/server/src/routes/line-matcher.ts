/** Which lines of a chunk a query wants, beyond what the store has sorted out. */
import { LABEL_PREFIX, type LogsQuery } from "@conveyor-ci/contract";
import type { LogLine } from "@conveyor-ci/core";
import { parseTimestamp } from "./timestamp.ts";

/** Tells of each line whether it is wanted; null: all are. */
export function lineMatcher(query: LogsQuery): ((line: LogLine) => boolean) | null {
  const tests: ((line: LogLine) => boolean)[] = [];
  const { level, since, until, q } = query;
  if (level !== undefined) tests.push((line) => line.level === level);
  if (q !== undefined) tests.push((line) => line.message.includes(q));
  if (since !== undefined) {
    const from = Date.parse(parseTimestamp(since, "/since"));
    tests.push((line) => Date.parse(line.timestamp) >= from);
  }
  if (until !== undefined) {
    const to = Date.parse(parseTimestamp(until, "/until"));
    tests.push((line) => Date.parse(line.timestamp) <= to);
  }
  for (const [name, value] of Object.entries(query)) {
    if (!name.startsWith(LABEL_PREFIX)) continue;
    const label = name.slice(LABEL_PREFIX.length);
    tests.push((line) => Object.hasOwn(line.labels, label) && line.labels[label] === value);
  }
  return tests.length === 0 ? null : (line) => tests.every((test) => test(line));
}
