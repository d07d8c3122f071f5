/** One run with its steps, and why it is not moving, as text. */
import type { WireRun, WireWhy } from "@conveyor-ci/contract";
import { plainText } from "./plain-text.ts";
import { renderTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";
import { ageText, betweenText } from "./time.ts";
import { resourceText, stateText, stepColumns } from "./views.ts";

type Screen = Pick<Terminal, "columns" | "colors">;

/** The run's facts, its steps, and what it waits for. */
export function renderRun(run: WireRun, screen: Screen): string {
  const { colors } = screen;
  const facts: readonly (readonly [string, string])[] = [
    ["Run", run.id],
    ["State", stateText(run.state, colors)],
    ["Event", run.event],
    ["Resource", resourceText(run)],
    ...fact("Pipeline", run.pipeline && `${run.pipeline.name}, revision ${run.pipeline.revision}`),
    ...fact("Parent", run.parent),
    ["Created", `${run.createdAt} (${ageText(run.createdAt)} ago) by ${run.actor}`],
    ...fact("Took", run.startedAt && betweenText(run.startedAt, run.finishedAt)),
  ];
  const head = facts
    .map(([name, value]) => `${colors.bold(`${name}:`.padEnd(10))} ${value}\n`)
    .join("");
  const steps =
    run.steps.length === 0 ? "" : `\n${renderTable(run.steps, stepColumns(colors), screen)}`;
  const why = run.why.length === 0 ? "" : `\n${renderWhys(run.why, colors)}`;
  return head + steps + why;
}

function fact(name: string, value: string | null): [string, string][] {
  return value === null ? [] : [[name, value]];
}

/** Why the run, or a step of it, is not moving; in words where nothing holds it up. */
export function renderExplanation(run: WireRun, { colors }: Screen): string {
  const ofSteps = run.steps.flatMap((step) => step.why ?? []);
  const known = new Set<string>();
  const whys = [...run.why, ...ofSteps].filter(({ message }) => {
    if (known.has(message)) return false;
    known.add(message);
    return true;
  });
  const state = `run ${run.id} of ${resourceText(run)}: ${stateText(run.state, colors)}\n`;
  if (whys.length > 0) return state + renderWhys(whys, colors);
  if (run.finishedAt === null) return state + renderWork(run);
  return state + renderEnds(run);
}

/** A run that nothing holds up is explained by who works on it. */
function renderWork(run: WireRun): string {
  const lines = run.steps.flatMap(({ id, driver, attempts }) => {
    const last = attempts.at(-1);
    if (last === undefined || last.finishedAt !== null) return [];
    const { number, instance, startedAt } = last;
    const on = plainText(instance);
    return [
      `step ${id} (driver ${driver}) runs for ${ageText(startedAt)} on ${on}, attempt ${number}\n`,
    ];
  });
  return lines.length === 0 ? "nothing holds it up\n" : lines.join("");
}

/** A run that has ended is explained by the steps that ended it. */
export function renderEnds(run: Pick<WireRun, "steps">): string {
  const ended = run.steps.filter((step) => step.state !== "succeeded");
  return ended
    .map(({ id, driver, state, code, message, result }) => {
      const said = message ?? result?.message;
      const why = said === undefined ? "" : `: ${plainText(said)}`;
      return `step ${id} (driver ${driver}) ${state}${why}${code === undefined ? "" : ` (${code})`}\n`;
    })
    .join("");
}

function renderWhys(whys: readonly WireWhy[], colors: Terminal["colors"]): string {
  return whys
    .map(({ message, hint, since, code }) => {
      const head = `${colors.yellow(plainText(message))} (${code}, for ${ageText(since)})\n`;
      return hint === undefined ? head : `${head}  ${plainText(hint)}\n`;
    })
    .join("");
}
