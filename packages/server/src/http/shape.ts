/** Holds input against the schemas of the contract and says in words what does not match. */
import type { Issue } from "@conveyor-ci/core";
import { ConveyorError } from "@conveyor-ci/core";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { nearestName } from "./nearest-name.ts";

/** The form that an input must have. */
export interface Shape<T> {
  /** Answers the value itself, typed, or throws `invalid_request` with all that is wrong. */
  parse(value: unknown): T;
}

const MAX_ISSUES = 20;

const OPTIONS = { strict: false, validateFormats: false } as const;
// One that stops at the first error, so that hostile input costs little; one that explains.
const bodyChecker = new Ajv(OPTIONS);
const bodyExplainer = new Ajv({ ...OPTIONS, allErrors: true, verbose: true });
const queryChecker = new Ajv({ ...OPTIONS, coerceTypes: true });
const queryExplainer = new Ajv({ ...OPTIONS, coerceTypes: true, allErrors: true, verbose: true });

/** A shape for JSON bodies: nothing is coerced, nothing stripped. */
export function bodyShape<T>(schema: object): Shape<T> {
  return new SchemaShape<T>(schema, {
    checker: bodyChecker,
    explainer: bodyExplainer,
    noun: "field",
  });
}

/** A shape for query strings: texts become the numbers and booleans that the schema names. */
export function queryShape<T>(schema: object): Shape<T> {
  const noun = "query parameter";
  return new SchemaShape<T>(schema, { checker: queryChecker, explainer: queryExplainer, noun });
}

interface ShapeTools {
  readonly checker: Ajv;
  readonly explainer: Ajv;
  readonly noun: string;
}

class SchemaShape<T> implements Shape<T> {
  readonly #schema: object;
  readonly #tools: ShapeTools;
  // Compiled at the first use: a server starts without paying for routes that nobody asks for.
  #check: ValidateFunction | undefined;
  #explain: ValidateFunction | undefined;

  constructor(schema: object, tools: ShapeTools) {
    this.#schema = schema;
    this.#tools = tools;
  }

  parse(value: unknown): T {
    this.#check ??= this.#tools.checker.compile(withoutIds(this.#schema));
    if (this.#check(value)) return value as T;
    throw this.#refusal(value, this.#check.errors ?? []);
  }

  #refusal(value: unknown, first: readonly ErrorObject[]): ConveyorError {
    this.#explain ??= this.#tools.explainer.compile(withoutIds(this.#schema));
    this.#explain(value);
    const errors = withoutBranches(this.#explain.errors ?? first);
    const issues = errors.slice(0, MAX_ISSUES).map((error) => issueOf(error, this.#tools.noun));
    const texts = issues.map(
      ({ path, message }) => `${path || `the ${place(this.#tools)}`} ${message}`,
    );
    return new ConveyorError({ code: "invalid_request", message: texts.join("; "), issues });
  }
}

function place(tools: ShapeTools): string {
  return tools.noun === "field" ? "body" : "query";
}

/** Ajv keeps schemas by id and refuses one that it has seen. */
function withoutIds(schema: object): object {
  const { $id: _, ...rest } = schema as { readonly $id?: string };
  return rest;
}

/** What the branches of a union say is noise beside what the union says. */
function withoutBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const unions = errors.filter((error) => error.keyword === "anyOf");
  return errors.filter(
    (error) => !unions.some((union) => error.schemaPath.startsWith(`${union.schemaPath}/`)),
  );
}

function issueOf(error: ErrorObject, noun: string): Issue {
  const { keyword, instancePath: path } = error;
  const params = error.params as Readonly<Record<string, unknown>>;
  if (keyword === "additionalProperties") {
    const name = String(params["additionalProperty"]);
    const properties = (error.parentSchema?.["properties"] ?? {}) as object;
    const nearest = nearestName(name, Object.keys(properties));
    const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
    return { path: join(path, name), rule: "unknown", message: `is not a known ${noun}${hint}` };
  }
  if (keyword === "required") {
    const name = String(params["missingProperty"]);
    return { path: join(path, name), rule: "required", message: "is missing" };
  }
  if (keyword === "pattern" && typeof error.parentSchema?.["description"] === "string") {
    return { path, rule: keyword, message: `must be ${error.parentSchema["description"]}` };
  }
  if (keyword === "anyOf") return { path, rule: "type", message: unionText(error.schema) };
  return { path, rule: keyword, message: error.message ?? "does not match" };
}

function unionText(branches: unknown): string {
  if (!Array.isArray(branches)) return "does not match";
  const words = branches.map((branch: { const?: unknown; type?: string }) =>
    branch.const === undefined ? (branch.type ?? "value") : JSON.stringify(branch.const),
  );
  return `must be one of: ${[...new Set(words)].join(", ")}`;
}

function join(path: string, name: string): string {
  return `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
