import type { WireResult } from "@conveyor-ci/contract";
import { isStepEnded, type JsonValue, type StepRun } from "@conveyor-ci/core";

/** Codes of step runs that failed by the driver's own word. */
const ANSWERED = new Set(["driver_failed", "driver_error"]);

/** What the driver of a step run answered; null while it has not, or when something else ended it. */
export function viewResult(step: StepRun, data: JsonValue | undefined): WireResult | null {
  if (!isStepEnded(step)) return null;
  const success = step.state === "succeeded";
  if (!success && !(step.state === "failed" && ANSWERED.has(step.code ?? ""))) return null;
  return { success, message: step.message ?? "", data: data ?? null };
}
