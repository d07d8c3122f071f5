/** The nouns of `get` and `delete`: what stands behind each word. */
import type { Client, List, ListOptions, RunListOptions } from "@conveyor-ci/client";
import type { Context } from "./context.ts";
import { usageFailure } from "./failure.ts";
import { renderRun } from "./run-view.ts";
import { type Column, renderTable } from "./table.ts";
import {
  definitionColumns,
  driverColumns,
  pipelineColumns,
  resourceColumns,
  runColumns,
} from "./views.ts";

/** Filters of `get`, each of which only some nouns know. */
export type Filters = Omit<RunListOptions, keyof ListOptions> & {
  readonly selector?: string | undefined;
};

/** One noun: how it is listed, got, deleted and shown. */
export interface Noun<T> {
  readonly filters: readonly (keyof Filters)[];
  list(client: Client, options: ListOptions & Filters): List<T>;
  get(client: Client, name: string): Promise<T>;
  /** Answers the run that the deletion waits for; undefined where the noun cannot be deleted. */
  readonly remove?: (
    client: Client,
    name: string,
    force: boolean,
  ) => Promise<{ readonly runId: string | null }>;
  renderList(rows: readonly T[], context: Context): string;
  renderOne(row: T, context: Context): string;
}

/** A noun whose rows are only handed through, so that their type does not matter. */
export interface AnyNoun {
  readonly filters: readonly (keyof Filters)[];
  readonly canDelete: boolean;
  list(client: Client, options: ListOptions & Filters): List<unknown>;
  /** Gets one, with the text that shows it. */
  show(context: Context, name: string): Promise<{ document: unknown; text: () => string }>;
  remove(client: Client, name: string, force: boolean): Promise<{ readonly runId: string | null }>;
  renderPage(page: readonly unknown[], context: Context): string;
}

/** Words that name nouns; every other word is a kind of resource. */
export const NOUN_WORDS = ["definitions", "pipelines", "runs", "drivers", "resources"] as const;
type NounWord = (typeof NOUN_WORDS)[number];

const ALIASES: ReadonlyMap<string, NounWord> = new Map([
  ["definition", "definitions"],
  ["resource-definition", "definitions"],
  ["resource-definitions", "definitions"],
  ["pipeline", "pipelines"],
  ["run", "runs"],
  ["driver", "drivers"],
  ["resource", "resources"],
]);

/** What a word on the command line stands for. */
export function nounOf(word: string): AnyNoun {
  const lower = word.toLowerCase();
  const known = NOUN_WORDS.find((one) => one === lower) ?? ALIASES.get(lower);
  switch (known) {
    case "definitions":
      return anyNoun(definitions);
    case "pipelines":
      return anyNoun(pipelines);
    case "runs":
      return anyNoun(runs);
    case "drivers":
      return anyNoun(drivers);
    case "resources":
      return anyNoun(resourcesOf(undefined));
    default:
      return anyNoun(resourcesOf(word));
  }
}

function anyNoun<T>(noun: Noun<T>): AnyNoun {
  return {
    filters: noun.filters,
    canDelete: noun.remove !== undefined,
    list: (client, options) => noun.list(client, options),
    async show(context, name) {
      const row = await noun.get(context.client, name);
      return { document: row, text: () => noun.renderOne(row, context) };
    },
    async remove(client, name, force) {
      return (await noun.remove?.(client, name, force)) ?? { runId: null };
    },
    renderPage: (page, context) => noun.renderList(page as readonly T[], context),
  };
}

function tables<T>(
  columns: (context: Context) => readonly Column<T>[],
): Pick<Noun<T>, "renderList" | "renderOne"> {
  const renderList = (rows: readonly T[], context: Context) =>
    renderTable(rows, columns(context), context.terminal);
  return { renderList, renderOne: (row, context) => renderList([row], context) };
}

async function removed(work: Promise<void>): Promise<{ runId: null }> {
  await work;
  return { runId: null };
}

const definitions: Noun<Awaited<ReturnType<Client["definitions"]["get"]>>> = {
  filters: [],
  list: (client, options) => client.definitions.list(options),
  get: (client, name) => client.definitions.get(name),
  remove: (client, name) => removed(client.definitions.delete(name)),
  ...tables(() => definitionColumns),
};

const pipelines: Noun<Awaited<ReturnType<Client["pipelines"]["get"]>>> = {
  filters: [],
  list: (client, options) => client.pipelines.list(options),
  get: (client, name) => client.pipelines.get(name),
  remove: (client, name) => removed(client.pipelines.delete(name)),
  ...tables(() => pipelineColumns),
};

const drivers: Noun<Awaited<ReturnType<Client["drivers"]["get"]>>> = {
  filters: [],
  list: (client, options) => client.drivers.list(options),
  get: (client, name) => client.drivers.get(name),
  remove: (client, name) => removed(client.drivers.forget(name)),
  ...tables(() => driverColumns),
};

const runs: Noun<Awaited<ReturnType<Client["runs"]["get"]>>> = {
  filters: ["resource", "name", "pipeline", "driver", "state"],
  list: (client, options) => client.runs.list(options),
  get: (client, id) => client.runs.get(id),
  ...tables(({ terminal }) => runColumns(terminal.colors)),
  renderOne: (run, { terminal }) => renderRun(run, terminal),
};

type Resource = Awaited<ReturnType<Client["resources"]["get"]>>;

/** Resources of one kind, or of all. */
function resourcesOf(kind: string | undefined): Noun<Resource> {
  return {
    filters: ["selector"],
    list: (client, options) => client.resources.list({ ...options, kind }),
    get: (client, name) => client.resources.get(placeOf(kind, name)),
    remove: (client, name, force) =>
      client.resources.delete(placeOf(kind, name), force ? { force } : {}),
    ...tables(({ terminal }) => resourceColumns(terminal.colors)),
  };
}

/** `resources KIND/NAME` names one as well as `KIND NAME`. */
function placeOf(kind: string | undefined, name: string): { kind: string; name: string } {
  if (kind !== undefined) return { kind, name };
  const at = name.indexOf("/");
  if (at > 0) return { kind: name.slice(0, at), name: name.slice(at + 1) };
  throw usageFailure(
    `${name} does not say which kind of resource it is`,
    `name the kind instead of resources: \`conveyor get KIND ${name}\``,
  );
}
