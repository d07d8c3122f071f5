/** `conveyor get`: lists of a noun, or one of it. */
import { ApiError } from "@conveyor-ci/client";
import type { WireRun } from "@conveyor-ci/contract";
import { nearestWord } from "@conveyor-ci/contract/names";
import { type Command, Option } from "commander";
import { type Context, contextOf, defineCommand, type Wiring } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { type AnyNoun, type Filters, NOUN_WORDS, nounOf } from "../nouns.ts";
import { parseCount } from "../option-values.ts";
import { printDocument } from "../output.ts";
import { withProgress } from "../progress.ts";

interface Options extends Filters {
  readonly limit?: number;
  readonly cursor?: string;
  readonly all?: true;
  readonly at?: string;
}

interface Page {
  readonly items: readonly unknown[];
  readonly next: string | null;
}

const LIST_OPTIONS = ["limit", "cursor", "all"] as const;
const FILTERS = ["resource", "name", "pipeline", "driver", "state", "selector"] as const;

const RUN_STATES: Readonly<Record<WireRun["state"], true>> = {
  pending: true,
  running: true,
  cancelling: true,
  succeeded: true,
  failed: true,
  cancelled: true,
  timed_out: true,
};

/** The largest page there is: fewest requests. */
const LARGEST_PAGE = 1_000;

export function getCommand(wiring: Wiring): Command {
  return defineCommand("get", "list what there is, or show one of it")
    .argument("<kind>", `${NOUN_WORDS.join(", ")}, or a kind of resource`)
    .argument("[name]", "the name of one, or the id of a run")
    .option("--limit <n>", "entries to list, 1 to 1000", parseCount)
    .option("--cursor <cursor>", "go on where an earlier list ended")
    .option("--all", "list all there are")
    .option("--at <version>", "a resource at an old version")
    .option("--selector <entries>", "resources with these metadata, such as team=web,stage=live")
    .option("--resource <kind>", "runs of this kind of resource")
    .option("--name <name>", "runs of the resource of this name")
    .option("--pipeline <name>", "runs of this pipeline")
    .option("--driver <name>", "runs that this driver takes part in")
    .addOption(new Option("--state <state>", "runs in this state").choices(Object.keys(RUN_STATES)))
    .action((kind: string, name: string | undefined, ...rest: [Options, Command]) => {
      const [options, command] = rest;
      const context = contextOf(wiring, command);
      if (name === undefined) return printList(context, kind, options);
      assertOne(options);
      return printOne(context, { kind, name, at: options.at });
    });
}

/** What chooses among many has no meaning where one is named. */
function assertOne(options: Options): void {
  for (const option of [...LIST_OPTIONS, ...FILTERS]) {
    if (options[option] === undefined) continue;
    throw usageFailure(`--${option} does not go with the name of one`, "leave out one of them");
  }
}

async function printOne(
  context: Context,
  one: { readonly kind: string; readonly name: string; readonly at: string | undefined },
): Promise<void> {
  if (one.at !== undefined) return await printVersion(context, { ...one, version: one.at });
  const { document, text } = await nounOf(one.kind).show(context, one.name);
  await printDocument(context, document, text);
}

async function printVersion(
  context: Context,
  at: { readonly kind: string; readonly name: string; readonly version: string },
): Promise<void> {
  const resource = await context.client.resources.version(at);
  const noun = nounOf(at.kind);
  await printDocument(context, resource, () => noun.renderPage([resource], context));
}

async function printList(context: Context, kind: string, options: Options): Promise<void> {
  const noun = nounOf(kind);
  assertFilters(noun, kind, options);
  const { terminal } = context;
  const page = await withProgress(terminal, `getting ${kind}`, () =>
    read(context, noun, options),
  ).catch((error: unknown) => {
    throw likelyMeant(error, kind);
  });
  await printDocument(context, page, () =>
    page.items.length === 0 ? "" : noun.renderPage(page.items, context),
  );
  if (context.output !== "table") return;
  if (page.items.length === 0) terminal.err(`no ${kind} found\n`);
  if (page.next !== null) {
    terminal.err(`there are more: --all lists them, --cursor ${page.next} goes on\n`);
  }
}

/** A word that is no kind may be a noun that was mistyped. */
function likelyMeant(error: unknown, kind: string): unknown {
  if (!(error instanceof ApiError) || error.code !== "definition_not_found") return error;
  const nearest = nearestWord(kind, NOUN_WORDS);
  if (nearest === undefined || error.hint !== undefined) return error;
  const { code, status, message, issues } = error;
  return new ApiError({ code, status, message, issues, hint: `did you mean ${nearest}?` });
}

async function read({ client }: Context, noun: AnyNoun, options: Options): Promise<Page> {
  const { limit, cursor, all, at: _, ...filters } = options;
  if (all !== true) return await noun.list(client, { limit, cursor, ...filters }).page();
  const items: unknown[] = [];
  const list = noun.list(client, { limit: limit ?? LARGEST_PAGE, cursor, ...filters });
  for await (const item of list) items.push(item);
  return { items, next: null };
}

function assertFilters(noun: AnyNoun, kind: string, options: Options): void {
  if (options.at !== undefined) throw usageFailure("--at needs the name of a resource");
  for (const filter of FILTERS) {
    if (options[filter] === undefined || noun.filters.includes(filter)) continue;
    const known = noun.filters.map((one) => `--${one}`).join(", ");
    throw usageFailure(
      `--${filter} does not go with ${kind}`,
      known === "" ? `${kind} cannot be filtered` : `it can be filtered by ${known}`,
    );
  }
}
