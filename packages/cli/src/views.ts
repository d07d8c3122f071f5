/** What the nouns look like in tables. */
import type {
  WireDefinition,
  WireDriver,
  WirePipeline,
  WireResource,
  WireRun,
  WireStepRun,
} from "@conveyor-ci/contract";
import type { Column } from "./table.ts";
import type { Terminal } from "./terminal.ts";
import { ageText, betweenText } from "./time.ts";

type Colors = Terminal["colors"];

/** A state in the colour that people expect. */
export function stateText(state: string, colors: Colors): string {
  switch (state) {
    case "succeeded":
      return colors.green(state);
    case "failed":
    case "deletion_failed":
    case "timed_out":
      return colors.red(state);
    case "running":
      return colors.cyan(state);
    case "pending":
    case "queued":
    case "cancelling":
    case "deleting":
      return colors.yellow(state);
    default:
      return colors.dim(state);
  }
}

export const definitionColumns: readonly Column<WireDefinition>[] = [
  { title: "NAME", value: (row) => row.name, whole: true },
  { title: "VERSION", value: (row) => row.version ?? "" },
  { title: "DESCRIPTION", value: (row) => row.description ?? "" },
];

export const pipelineColumns: readonly Column<WirePipeline>[] = [
  { title: "NAME", value: (row) => row.name, whole: true },
  { title: "RESOURCE", value: (row) => row.resource },
  { title: "REVISION", value: (row) => String(row.revision) },
  { title: "EVENTS", value: (row) => row.events.join(","), leaveOut: 1 },
  { title: "STEPS", value: (row) => row.steps.map((step) => step.id).join(",") },
];

export const driverColumns: readonly Column<WireDriver>[] = [
  { title: "NAME", value: (row) => row.name, whole: true },
  { title: "CONNECTED", value: (row) => String(connectedOf(row)) },
  { title: "QUEUED", value: (row) => String(row.queued) },
  { title: "RESOURCES", value: (row) => row.resources.join(",") },
  { title: "EVENTS", value: (row) => row.events.join(","), leaveOut: 1 },
  { title: "SEEN", value: (row) => `${ageText(row.lastSeenAt)} ago` },
];

function connectedOf(driver: WireDriver): number {
  return driver.instances.filter((instance) => instance.connected).length;
}

export function resourceColumns(colors: Colors): readonly Column<WireResource>[] {
  return [
    { title: "KIND", value: (row) => row.resource },
    { title: "NAME", value: (row) => row.name, whole: true },
    { title: "VERSION", value: (row) => row.metadata["version"] ?? "", leaveOut: 1 },
    {
      title: "PHASE",
      value: (row) => row.status.phase,
      whole: true,
      style: (text) => stateText(text, colors),
    },
    { title: "RUN", value: (row) => row.status.run ?? "", whole: true },
    { title: "PIPELINE", value: (row) => row.pipeline ?? "", leaveOut: 2 },
    { title: "ACTOR", value: (row) => row.actor, leaveOut: 3 },
  ];
}

export function runColumns(colors: Colors): readonly Column<WireRun>[] {
  return [
    { title: "RUN", value: (row) => row.id, whole: true },
    {
      title: "STATE",
      value: (row) => row.state,
      whole: true,
      style: (text) => stateText(text, colors),
    },
    { title: "EVENT", value: (row) => row.event, whole: true, leaveOut: 2 },
    { title: "RESOURCE", value: resourceText },
    { title: "AGE", value: (row) => ageText(row.createdAt), leaveOut: 1 },
    { title: "TOOK", value: (row) => betweenText(row.startedAt, row.finishedAt), leaveOut: 3 },
    { title: "ACTOR", value: (row) => row.actor, leaveOut: 4 },
    { title: "MESSAGE", value: failureOf },
  ];
}

export function stepColumns(colors: Colors): readonly Column<WireStepRun>[] {
  return [
    { title: "STEP", value: (row) => row.id },
    { title: "DRIVER", value: (row) => row.driver },
    {
      title: "STATE",
      value: (row) => row.state,
      whole: true,
      style: (text) => stateText(text, colors),
    },
    { title: "ATTEMPTS", value: (row) => String(row.attempts.length) },
    { title: "TOOK", value: tookText },
    { title: "MESSAGE", value: messageOf },
  ];
}

/** What the first step that did not succeed said; lists do not say why a run waits. */
function failureOf(run: WireRun): string {
  const failed = run.steps.find(({ state }) => state === "failed" || state === "timed_out");
  return failed === undefined ? "" : messageOf(failed);
}

/** `kind/name@version` */
export function resourceText({ resource }: WireRun): string {
  return `${resource.kind}/${resource.name}@${resource.version}`;
}

function tookText(step: WireStepRun): string {
  const first = step.attempts[0];
  const last = step.attempts.at(-1);
  return betweenText(first?.startedAt ?? null, last?.finishedAt ?? null);
}

function messageOf(step: WireStepRun): string {
  return step.result?.message ?? step.message ?? step.why?.[0]?.message ?? "";
}
