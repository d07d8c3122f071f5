/** Whether an answer is one that the OpenAPI document describes. */
import { Compile } from "typebox/schema";
import type { Json, Schema } from "./values.ts";

export interface AnswerFacts {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

export interface DescribedAnswers {
  /** What is wrong with an answer; nothing: it is as described. */
  issues(
    to: { readonly method: string; readonly path: string },
    answer: AnswerFacts,
  ): readonly string[];
}

interface Described {
  readonly method: string;
  readonly pattern: RegExp;
  readonly responses: Readonly<Record<string, Json>>;
}

export function describedAnswers(openApi: Json): DescribedAnswers {
  const operations = operationsOf(openApi);
  const compiled = new Map<Json, ReturnType<typeof Compile>>();
  const wrong = (schema: Schema, value: unknown): readonly string[] => {
    const validator = compiled.get(schema) ?? Compile(withoutRefs(schema, openApi) as object);
    compiled.set(schema, validator);
    const [isGood, errors] = validator.Errors(value);
    return isGood ? [] : errors.map((error) => `${error.instancePath} ${error.message}`);
  };
  const problem = openApi.components.schemas.Problem as Schema;
  return {
    issues: ({ method, path }, { status, type, text }) => {
      if (status >= 400) return wrong(problem, JSON.parse(text));
      const operation = operations.find(
        (one) => one.method === method && one.pattern.test(path.replace(/[?#].*$/s, "")),
      );
      if (operation === undefined) return [];
      const described = operation.responses[status];
      if (described === undefined) return [`status ${status} is not described`];
      const media = type.split(";", 1)[0] ?? "";
      const content = described.content as Readonly<Record<string, Json>> | undefined;
      if (text === "" && content === undefined) return [];
      const schema = content?.[media]?.schema as Schema | undefined;
      if (schema === undefined) return [`${status} with ${media} is not described`];
      return media === "application/json" ? wrong(schema, JSON.parse(text)) : [];
    },
  };
}

/** With names in the path that are no reserved ones: those are other routes, or none. */
function operationsOf(openApi: Json): readonly Described[] {
  const operations: Described[] = [];
  for (const [path, methods] of Object.entries<Json>(openApi.paths)) {
    const pattern = new RegExp(
      `^${path.replace(/\/$/, "").replace(/\{\w+\}/g, "[\\w.-]{1,100}")}/?$`,
    );
    for (const [method, { responses }] of Object.entries<Json>(methods)) {
      operations.push({ method: method.toUpperCase(), pattern, responses });
    }
  }
  // A path without parameters is meant before one with.
  const parameters = ({ pattern }: Described): number => pattern.source.split("[").length;
  return operations.sort((a, b) => parameters(a) - parameters(b));
}

/** The schema with what it refers to in its place, and members that it does not name refused. */
function withoutRefs(value: Json, openApi: Json): Json {
  if (Array.isArray(value)) return value.map((item) => withoutRefs(item, openApi));
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.$ref === "string") {
    const name = value.$ref.replace("#/components/schemas/", "");
    return withoutRefs(openApi.components.schemas[name], openApi);
  }
  const schema = Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withoutRefs(item, openApi)]),
  );
  const isOpen = schema["type"] !== "object" || schema["properties"] === undefined;
  return isOpen || "additionalProperties" in schema
    ? schema
    : { ...schema, additionalProperties: false };
}
