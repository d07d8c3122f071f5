/** What a decision works with, and the two or three things that most decisions do. */
import type { Command, Effect } from "../commands.ts";
import { assertRule, type ErrorCode, type Refusal } from "../errors.ts";
import type { NewChange } from "../nouns/change.ts";
import type { Session } from "../nouns/driver.ts";
import type { Resource } from "../nouns/resource.ts";
import { isRunEnded, type Run, type StepRun, stepOf } from "../nouns/run.ts";
import type { Numbers, Rules } from "../rules.ts";
import type { Keys } from "../store/records.ts";
import type { View } from "../store/view.ts";

export interface Context {
  readonly ns: string;
  readonly actor: string;
  readonly now: number;
  readonly view: View;
  readonly keys: Keys;
  readonly rules: Rules;
  readonly numbers: Numbers;
  readonly effects: Effect[];
  readonly changes: NewChange[];
}

/** Ends a decision with a refusal; caught where the decision was asked for. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

export function refuse(code: ErrorCode, message: string, more: Partial<Refusal> = {}): never {
  throw new Refused({ code, message, ...more });
}

type ToldChange = Pick<NewChange, "noun" | "name" | "what"> &
  Partial<Pick<NewChange, "kind" | "run">>;

export function change(ctx: Context, told: ToldChange): void {
  const { noun, name, kind = null, run = null, what } = told;
  ctx.changes.push({ ns: ctx.ns, at: ctx.now, noun, name, kind, run, what, actor: ctx.actor });
}

/** A run that another record names, and that therefore exists. */
export function namedRun(ctx: Context, id: string): Run {
  const run = ctx.view.get(ctx.keys.run(id));
  assertRule(run !== undefined, `run ${id} is named by a record, so it exists`);
  return run;
}

/** The step run of that id, which the run has because another record names it. */
export function stepIn(run: Run, id: string): StepRun {
  const step = stepOf(run, id);
  assertRule(
    step !== undefined,
    `step run ${id} of run ${run.id} is named by a record, so it exists`,
  );
  return step;
}

/** A step run that another record names, and that therefore exists, with its run. */
export function namedStep(
  ctx: Context,
  at: { readonly run: string; readonly step: string },
): { readonly run: Run; readonly step: StepRun } {
  const run = namedRun(ctx, at.run);
  return { run, step: stepIn(run, at.step) };
}

/** A session that a lease names, or that was just stored. */
export function namedSession(ctx: Context, id: string): Session {
  const session = ctx.view.get(ctx.keys.session(id));
  assertRule(session !== undefined, `session ${id} holds a lease, so it exists`);
  return session;
}

/** A run that a command names, which need not exist. */
export function requestedRun(ctx: Context, id: string): Run {
  return ctx.view.get(ctx.keys.run(id)) ?? refuse("run_not_found", `there is no run ${id}`);
}

export function putRun(ctx: Context, run: Run): Run {
  ctx.view.put(ctx.keys.run(run.id), run);
  return run;
}

/** Says that a run has a new state, in the feed and to those who watch it. */
export function announceRun(ctx: Context, run: Run): void {
  change(ctx, {
    noun: "run",
    name: run.resource.name,
    kind: run.resource.kind,
    run: run.id,
    what: run.state,
  });
  ctx.effects.push({ kind: "runChanged", run });
}

export type CommandOf<K extends Command["kind"]> = Extract<Command, { readonly kind: K }>;

/** Refuses to change a resource that is on its way out, and says how it gets there. */
export function refuseDeleting(ctx: Context, resource: Resource): never {
  const { kind, name, run: id } = resource;
  assertRule(id !== null, "a resource is being deleted by a run");
  const { state } = namedRun(ctx, id);
  const route = `DELETE /resources/${kind}/${name}`;
  if (isRunEnded(state)) {
    const what = state === "cancelled" ? "was cancelled" : state.replace("_", " ");
    return refuse(
      "resource_deleting",
      `${kind} ${name} could not be deleted: its run ${id} ${what}`,
      {
        hint: `${route} tries again, with ?force=true it does without a run`,
      },
    );
  }
  return refuse("resource_deleting", `${kind} ${name} is being deleted`, {
    hint: `status.run of the resource is its delete run; if that fails: ${route} again, or with ?force=true without a run`,
  });
}
