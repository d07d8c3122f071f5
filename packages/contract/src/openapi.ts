/** OpenAPI 3.1 of the HTTP API, written from the table of routes. */
import { ERRORS, type ErrorCode } from "@conveyor-ci/core";
import type { TSchema } from "typebox";
import * as answers from "./answers.ts";
import { COMMON_ERRORS, ROUTES, type Route, type RouteAnswer } from "./routes.ts";

type Json = Record<string, unknown>;

/** Describes the HTTP API; `version` is that of the server. */
export function createOpenApi(version: string): Json {
  const components = new Map<string, Json>();
  const paths: Record<string, Json> = {};
  for (const route of ROUTES as readonly Route[]) {
    const path = route.path.replace(/:([a-z]+)/gi, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, components) };
  }
  refer(answers.Problem, components);
  return {
    openapi: "3.1.0",
    info: {
      title: "Conveyor",
      version,
      description: "A headless control plane for building CI/CD platforms.",
    },
    servers: [{ url: "/" }],
    tags: [...new Set(ROUTES.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: { schemas: Object.fromEntries(components) },
  };
}

function operationOf(route: Route, components: Map<string, Json>): Json {
  const responses: Json = {};
  for (const [status, answer] of Object.entries(route.answers)) {
    responses[status] = responseOf(answer, components);
  }
  for (const [status, codes] of errorsByStatus(route)) {
    responses[status] = problemOf(codes);
  }
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: contentOf(["application/json"], plain(route.body)),
          },
        }),
    responses,
  };
}

function responseOf(answer: RouteAnswer, components: Map<string, Json>): Json {
  const schema =
    answer.schema === undefined ? { type: "string" } : refer(answer.schema, components);
  const media = answer.media ?? (answer.schema === undefined ? [] : ["application/json"]);
  const headers = (answer.headers ?? []).map((name) => [name, { schema: { type: "string" } }]);
  return {
    description: answer.description,
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) as Json }),
    ...(media.length === 0 ? {} : { content: answersOf(answer, { media, schema, components }) }),
  };
}

/** A list in lines is one document for each item, not one for all. */
function answersOf(
  answer: RouteAnswer,
  of: { readonly media: readonly string[]; readonly schema: Json; components: Map<string, Json> },
): Json {
  const items = plain(answer.schema ?? {})["items"] as Json | undefined;
  const isLines = (type: string) => type === "application/x-ndjson" && items !== undefined;
  return Object.fromEntries(
    of.media.map((type) => [
      type,
      { schema: isLines(type) ? refer(items as Json, of.components) : of.schema },
    ]),
  );
}

function contentOf(media: readonly string[], schema: Json): Json {
  return Object.fromEntries(media.map((type) => [type, { schema }]));
}

function errorsByStatus(route: Route): Map<number, ErrorCode[]> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...route.errors, ...COMMON_ERRORS]) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return byStatus;
}

function problemOf(codes: readonly ErrorCode[]): Json {
  const schema = { $ref: "#/components/schemas/Problem" };
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join("; "),
    content: contentOf(["application/problem+json"], schema),
  };
}

function pathParameters(route: Route): Json[] {
  const names = [...route.path.matchAll(/:([a-z]+)/gi)].map((match) => match[1] ?? "");
  return names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } }));
}

function queryParameters(route: Route): Json[] {
  const { properties = {}, patternProperties } = plain(route.query ?? {}) as Record<string, Json>;
  const named = Object.entries(properties).map(([name, schema]) => ({ name, in: "query", schema }));
  if (patternProperties === undefined) return named;
  // An object in exploded form: each of its members is a parameter of its own.
  const schema = { type: "object", patternProperties, additionalProperties: false };
  const [title] = Object.values(patternProperties).map((one) => String((one as Json)["title"]));
  return [...named, { name: title, in: "query", style: "form", explode: true, schema }];
}

/** Schemas with an `$id` become components; the others stand where they are used. */
function refer(schema: TSchema | Json, components: Map<string, Json>): Json {
  const { $id, ...rest } = plain(schema);
  if (typeof $id !== "string") return resolve(rest, components) as Json;
  if (!components.has($id)) {
    components.set($id, {});
    components.set($id, resolve(rest, components) as Json);
  }
  return { $ref: `#/components/schemas/${$id}` };
}

function resolve(value: unknown, components: Map<string, Json>): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, components));
  if (typeof value !== "object" || value === null) return value;
  if (typeof (value as Json)["$id"] === "string") return refer(value, components);
  const entries = Object.entries(value).map(([key, item]) => [key, resolve(item, components)]);
  return Object.fromEntries(entries);
}

/** Without what the schema builder keeps for itself. */
function plain(schema: object): Json {
  return JSON.parse(JSON.stringify(schema)) as Json;
}
