/** Everything that must hold between any two commands, asked of a test's records at once. */
import {
  brokenOrder,
  brokenProgress,
  brokenStates,
  brokenTables,
  brokenTickets,
} from "../invariants.ts";
import type { MemoryRecords } from "./memory-records.ts";

/** What is broken, in words; `orphans` collects the runs that nobody listened to at first. */
export function brokenIn(records: MemoryRecords, orphans: Set<string>): readonly string[] {
  for (const { run } of records.all("orphan")) orphans.add(run);
  return [
    ...brokenTables(records),
    ...brokenStates(records),
    ...brokenTickets(records),
    ...brokenOrder(records, orphans),
    ...brokenProgress(records),
  ];
}
