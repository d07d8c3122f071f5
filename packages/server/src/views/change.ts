import type { WireChange } from "@conveyor-ci/contract";
import type { Change } from "@conveyor-ci/core";
import { viewTime } from "./time.ts";

export function viewChange(change: Change): WireChange {
  const { position, at, noun, name, kind, run, what, actor } = change;
  return {
    position,
    at: viewTime(at),
    noun,
    name,
    ...(kind === null ? {} : { kind }),
    ...(run === null ? {} : { run }),
    what,
    actor,
  };
}
