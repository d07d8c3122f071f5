/** Holds input against the schemas of the contract and says in words what does not match. */
import { ConveyorError, issuesOf } from "@conveyor-ci/core";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { typedQuery } from "./query-values.ts";

/** The form that an input must have. */
export interface Shape<T> {
  /** Answers the value itself, typed, or throws `invalid_request` with all that is wrong. */
  parse(value: unknown): T;
}

const MAX_ISSUES = 20;

const OPTIONS = { strict: false, validateFormats: false, ownProperties: true } as const;
// One that stops at the first error, so that hostile input costs little; one that explains.
const checker = new Ajv(OPTIONS);
const explainer = new Ajv({ ...OPTIONS, allErrors: true, verbose: true });

/** A shape for JSON bodies: nothing is coerced, nothing stripped. */
export function bodyShape<T>(schema: object): Shape<T> {
  return new SchemaShape<T>(schema, "field");
}

/** A shape for query strings: texts become the numbers and booleans that the schema names. */
export function queryShape<T>(schema: object): Shape<T> {
  const shape = new SchemaShape<T>(schema, "query parameter");
  return { parse: (value) => shape.parse(typedQuery(schema, value)) };
}

class SchemaShape<T> implements Shape<T> {
  readonly #schema: object;
  readonly #noun: "field" | "query parameter";
  // Compiled at the first use: a server starts without paying for routes that nobody asks for.
  #check: ValidateFunction | undefined;
  #explain: ValidateFunction | undefined;

  constructor(schema: object, noun: "field" | "query parameter") {
    this.#schema = schema;
    this.#noun = noun;
  }

  parse(value: unknown): T {
    if (value === undefined) throw bodyMissing();
    this.#check ??= checker.compile(withoutIds(this.#schema));
    if (this.#check(value)) return value as T;
    throw this.#refusal(value, this.#check.errors ?? []);
  }

  #refusal(value: unknown, first: readonly ErrorObject[]): ConveyorError {
    this.#explain ??= explainer.compile(withoutIds(this.#schema));
    this.#explain(value);
    const issues = issuesOf(this.#explain.errors ?? first, this.#noun).slice(0, MAX_ISSUES);
    const place = this.#noun === "field" ? "body" : "query";
    const texts = issues.map(({ path, message }) => `${path || `the ${place}`} ${message}`);
    return new ConveyorError({ code: "invalid_request", message: texts.join("; "), issues });
  }
}

function bodyMissing(): ConveyorError {
  const message = "is empty, but must be JSON";
  return new ConveyorError({
    code: "invalid_request",
    message: `the body ${message}`,
    issues: [{ path: "", rule: "required", message }],
  });
}

/** Ajv keeps schemas by id and refuses one that it has seen. */
function withoutIds(schema: object): object {
  const { $id: _, ...rest } = schema as { readonly $id?: string };
  return rest;
}
