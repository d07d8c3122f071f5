/** The engine's figures as metrics. */
import type { EngineFigures } from "@conveyor-ci/engine";
import { headLines, histogramLines, type MetricHead, sampleLine } from "./metric-text.ts";

export function engineLines(figures: EngineFigures): string[] {
  const { committed } = figures;
  return [
    ...runLines(figures),
    ...queueLines(figures),
    ...histogram(
      { name: "conveyor_lease_wait_seconds", help: "From queued to leased, of each delivery" },
      committed.waits,
    ),
    ...counter("conveyor_leases_lost_total", "Leases that were taken from their instance", {
      "": committed.leasesLost,
    }),
    ...counter("conveyor_log_lines_stored_total", "Log lines stored", {
      "": committed.linesStored,
    }),
    ...counter("conveyor_log_bytes_stored_total", "Characters of the messages stored", {
      "": committed.lineBytesStored,
    }),
    ...histogram(
      { name: "conveyor_commit_seconds", help: "Time a transaction took, with its sync" },
      figures.commits,
    ),
  ];
}

function runLines({ unfinishedRuns, committed }: EngineFigures): string[] {
  const name = "conveyor_runs_unfinished";
  const help = "Runs that have not ended, by state";
  const states = ["pending", "running", "cancelling"] as const;
  return [
    ...headLines({ name, type: "gauge", help }),
    ...states.map((state) => sampleLine(name, unfinishedRuns[state] ?? 0, { state })),
    ...counter("conveyor_runs_created_total", "Runs made", { "": committed.runsCreated }),
    ...counter("conveyor_runs_ended_total", "Runs that ended, by state", committed.runsEnded),
  ];
}

function queueLines({ queues }: EngineFigures): string[] {
  const depth = "conveyor_queue_depth";
  const age = "conveyor_queue_oldest_seconds";
  const oldest = "How long the step run has waited for an instance that has waited longest";
  return [
    ...headLines({ name: depth, type: "gauge", help: "Step runs that wait for an instance" }),
    ...queues.map(({ driver, ...queue }) => sampleLine(depth, queue.depth, { driver })),
    ...headLines({ name: age, type: "gauge", help: oldest }),
    ...queues.map(({ driver, oldestMs }) => sampleLine(age, oldestMs / 1_000, { driver })),
  ];
}

/** Values by state; one without a state has the empty text. */
function counter(
  name: string,
  help: string,
  values: Readonly<Record<string, number>>,
): readonly string[] {
  return [
    ...headLines({ name, type: "counter", help }),
    ...Object.entries(values).map(([state, value]) =>
      sampleLine(name, value, state === "" ? {} : { state }),
    ),
  ];
}

function histogram(
  { name, help }: Pick<MetricHead, "name" | "help">,
  figures: EngineFigures["commits"],
): readonly string[] {
  return [...headLines({ name, type: "histogram", help }), ...histogramLines(name, figures)];
}
