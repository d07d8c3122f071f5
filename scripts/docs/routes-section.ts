/** The part of docs/reference/http.md that is written from the table of routes. */
import { COMMON_ERRORS, ROUTES, type Route, type RouteAnswer } from "@conveyor-ci/contract";
import { ERRORS, type ErrorCode } from "@conveyor-ci/core";
import { membersTable, type Schema, typeText } from "./schema-text.ts";

const TITLES: Readonly<Record<string, string>> = {
  definitions: "Resource definitions",
  resources: "Resources",
  pipelines: "Pipelines",
  runs: "Runs",
  logs: "Logs",
  drivers: "Drivers",
  system: "System",
};

/** Every route with what it takes, answers and refuses, by tag. */
export function routesSection(): string {
  const routes: readonly Route[] = ROUTES;
  const tags = [...new Set(routes.map(({ tag }) => tag))];
  const parts = tags.map((tag) => {
    const own = routes.filter((route) => route.tag === tag).map(routeText);
    return [`## ${TITLES[tag] ?? tag}`, ...own].join("\n\n");
  });
  return [...parts, commonErrors(), answerShapes(routes)].join("\n\n");
}

function routeText(route: Route): string {
  const { method, path, summary, query, body, answers, errors } = route;
  const parts = [`### ${method} ${path}`, `${summary}.`];
  if (query !== undefined) parts.push(`Query:\n\n${membersTable(query)}`);
  if (body !== undefined) parts.push(`Body:\n\n${membersTable(body)}`);
  const lines = Object.entries(answers).map(([status, answer]) => answerText(status, answer));
  if (errors.length > 0) lines.push(`- refused: ${errors.map(errorText).join(", ")}`);
  return [...parts, lines.join("\n")].join("\n\n");
}

function answerText(status: string, { description, schema, media, headers }: RouteAnswer): string {
  const id = (schema as Schema | undefined)?.$id;
  const what = id === undefined ? schemaText(schema) : ` \`${id}\``;
  const types = media === undefined ? "" : ` (${media.map((type) => `\`${type}\``).join(", ")})`;
  const names = (headers ?? []).map((name) => `\`${name}\``).join(", ");
  return `- **${status}**${what}${types}: ${description}${names === "" ? "" : `; headers ${names}`}`;
}

function schemaText(schema: Schema | undefined): string {
  const item = schema?.properties?.["items"]?.items?.$id;
  if (item !== undefined) return ` \`{ items: ${item}[], next }\``;
  return schema === undefined ? "" : ` ${typeText(schema)}`;
}

function errorText(code: ErrorCode): string {
  return `${ERRORS[code].status} [\`${code}\`](errors.md)`;
}

function commonErrors(): string {
  const list = COMMON_ERRORS.map((code) => `- ${errorText(code)}`).join("\n");
  return `## What any route may refuse\n\n${list}`;
}

/** What the named answers consist of. */
function answerShapes(routes: readonly Route[]): string {
  const shapes = new Map<string, Schema>();
  const collect = (schema: Schema): void => {
    const { $id, items, properties } = schema;
    if ($id !== undefined && Object.keys(properties ?? {}).length > 0) shapes.set($id, schema);
    for (const member of Object.values(properties ?? {})) collect(member);
    if (items !== undefined) collect(items);
  };
  for (const route of routes) {
    for (const answer of Object.values(route.answers)) {
      if (answer.schema !== undefined) collect(answer.schema);
    }
  }
  const parts = [...shapes].map(([id, schema]) => `### ${id}\n\n${membersTable(schema)}`);
  return ["## What answers look like", ...parts].join("\n\n");
}
