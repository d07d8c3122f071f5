/**
 * Compiles users' schemas and holds specs against them.
 *
 * V1 The draft is the one that `$schema` names, draft 4 to 2020-12, by default 2020-12.
 * V2 Nothing is ever fetched: a `$ref` resolves inside the schema or the schema is refused.
 * V3 Patterns run in linear time (RE2).
 * V4 A schema that would never come to an end is refused.
 * V5 Compiled schemas are kept by content, at most `MAX_COMPILED`.
 * V6 A schema that is new is refused beyond the bounds of `schema-size.ts`.
 * V7 A validation costs at most `MAX_COST`, a list of all that is wrong `MAX_LIST_COST`; beyond that
 *    the first issue is named alone.
 */

import { createHash } from "node:crypto";
import {
  ConveyorError,
  type Definition,
  type Issue,
  issuesOf,
  type JsonValue,
} from "@conveyor-ci/core";
import { Ajv, type Options, type ValidateFunction } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import ajvDraft04 from "ajv-draft-04";
import ajvFormats from "ajv-formats";
import { countKeywords, TooCostly, withinCost } from "./cost.ts";
import { createLinearRegExp } from "./re2.ts";
import { isEndless } from "./recursion.ts";
import { assertSchemaSize, countParts, schemaTooLarge } from "./schema-size.ts";
import { replaceUniqueItems } from "./unique-items.ts";

const MAX_COMPILED = 1_000;
const MAX_ISSUES = 50;
/** Units of `cost.ts`: at most some tenths of a second. */
const MAX_COST = 2_000_000;
/** The same for a list of issues, whose number is bounded by it. */
const MAX_LIST_COST = 50_000;

type AnyAjv = Pick<
  Ajv,
  "RULES" | "addKeyword" | "compile" | "errors" | "removeKeyword" | "validateSchema"
>;

const DRAFTS: readonly { readonly uri: string; readonly create: (options: Options) => AnyAjv }[] = [
  {
    uri: "json-schema.org/draft-04/schema",
    create: (options) => withFormats(new ajvDraft04.default(options)),
  },
  { uri: "json-schema.org/draft-06/schema", create: (options) => withFormats(new Ajv(options)) },
  { uri: "json-schema.org/draft-07/schema", create: (options) => withFormats(new Ajv(options)) },
  {
    uri: "json-schema.org/draft/2019-09/schema",
    create: (options) => withFormats(new Ajv2019(options)),
  },
  {
    uri: "json-schema.org/draft/2020-12/schema",
    create: (options) => withFormats(new Ajv2020(options)),
  },
];

function withFormats<T extends Ajv>(ajv: T): T {
  ajvFormats.default(ajv);
  return ajv;
}

const OPTIONS: Options = {
  strict: false,
  // What a value inherits is no member of it.
  ownProperties: true,
  verbose: true,
  logger: false,
};

/** Up to so many parts Ajv makes its code smaller, which takes about half the time of compiling. */
const OPTIMIZED_PARTS = 200;

export interface SchemaValidator {
  /** Throws `invalid_schema` when the schema cannot be used, `schema_too_large` beyond its bounds. */
  check(schema: Definition["schema"]): void;
  validateSpec(definition: Definition, spec: JsonValue): readonly Issue[];
}

/** Answers what is wrong with a value. */
type Check = (value: JsonValue) => readonly Issue[];

export function createSchemaValidator(): SchemaValidator {
  const compiled = new Map<string, Check>();
  const latest = new WeakMap<object, Check>();
  const compile = (schema: Definition["schema"]): Check => {
    const known = typeof schema === "object" ? latest.get(schema) : undefined;
    if (known !== undefined) return known;
    const hash = createHash("sha256").update(JSON.stringify(schema)).digest("base64");
    const validate = compiled.get(hash) ?? compileSchema(schema);
    compiled.delete(hash);
    compiled.set(hash, validate);
    const oldest = compiled.keys().next();
    if (compiled.size > MAX_COMPILED && !oldest.done) compiled.delete(oldest.value);
    if (typeof schema === "object") latest.set(schema, validate);
    return validate;
  };
  return {
    // Not where specs are held against it: what is stored stays usable.
    check: (schema) => {
      assertSchemaSize(schema);
      if (isTooWide(compile(schema)({}))) throw tooWide();
    },
    validateSpec: (definition, spec) => compile(definition.schema)(spec),
  };
}

function compileSchema(schema: Definition["schema"]): Check {
  const draft = draftOf(schema);
  if (isEndless(schema)) {
    const message = "a $ref leads back to itself without going down into the value";
    throw invalidSchema([{ path: "/schema", rule: "recursion", message }]);
  }
  const plain = withoutForeign(schema);
  const code = {
    regExp: createLinearRegExp(),
    optimize: countParts(schema) <= OPTIMIZED_PARTS,
  };
  const listing = createAjv(draft, { allErrors: true, code });
  assertMatchesDraft(listing, plain);
  try {
    const first = createAjv(draft, { allErrors: false, code }).compile(plain);
    return checkOf(first, () => listing.compile(plain));
  } catch (cause) {
    throw cause instanceof RangeError ? tooWide() : invalidSchema([issueOf(cause)], cause);
  }
}

/** The stack is as deep as a schema is wide in one place, when it is compiled and when it first runs. */
function tooWide(): ConveyorError {
  return schemaTooLarge("maxWidth", "has too much in one place to be compiled");
}

const TOO_WIDE: Issue = {
  path: "",
  rule: "maxWidth",
  message: "cannot be held against its schema, which has too much in one place",
};

const isTooWide = ([issue]: readonly Issue[]): boolean => issue === TOO_WIDE;

function createAjv(
  draft: (typeof DRAFTS)[number],
  of: Pick<Options, "allErrors" | "code">,
): AnyAjv {
  const ajv = draft.create({ ...OPTIONS, ...of });
  replaceUniqueItems(ajv);
  countKeywords(ajv);
  return ajv;
}

/** V7: whether a value matches is found out first; what all is wrong, only where it does not. */
function checkOf(first: ValidateFunction, compileAll: () => ValidateFunction): Check {
  let all: ValidateFunction | undefined;
  return (value) => {
    try {
      if (withinCost(MAX_COST, () => first(value))) return [];
    } catch (error) {
      if (error instanceof RangeError) return [TOO_WIDE];
      if (!(error instanceof TooCostly)) throw error;
      const message = "takes too many steps to be held against its schema";
      return [{ path: "", rule: "cost", message }];
    }
    const { errors } = first;
    const listed = unlessTooMuch(() => {
      all ??= compileAll();
      return errorsOf(all, value);
    });
    return issuesOf(listed ?? errors ?? []).slice(0, MAX_ISSUES);
  };
}

/** Where too much is wrong, or the schema is too wide, to list it all: undefined. */
function unlessTooMuch<T>(list: () => T): T | undefined {
  try {
    return list();
  } catch (error) {
    if (error instanceof TooCostly || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** All that is wrong. */
function errorsOf(validate: ValidateFunction, value: JsonValue): ValidateFunction["errors"] {
  withinCost(MAX_LIST_COST, () => validate(value));
  return validate.errors;
}

/** What Ajv, or the engine of patterns, could not make of a schema. */
function issueOf(cause: unknown): Issue {
  const text = cause instanceof Error ? cause.message : String(cause);
  const ref = cause instanceof Error && "missingRef" in cause ? String(cause.missingRef) : null;
  if (ref !== null) {
    const message = `has a $ref to ${ref}, which is not in it; only what is in the schema is looked up`;
    return { path: "/schema", rule: "ref", message };
  }
  const pattern = /^error parsing regexp: (.*)$/s.exec(text)?.[1];
  return pattern === undefined
    ? { path: "/schema", rule: "schema", message: text }
    : {
        path: "/schema",
        rule: "pattern",
        message: `has a pattern that cannot be used: ${pattern}`,
      };
}

/**
 * The draft has been chosen; Ajv knows some of them under one spelling of the URI only. `$async` is
 * Ajv's own and no draft's: it would answer a promise, which is neither a yes nor awaited.
 */
function withoutForeign(schema: Definition["schema"]): Definition["schema"] {
  if (typeof schema === "boolean") return schema;
  const { $schema: _, $async: _a, ...rest } = schema;
  return rest;
}

function draftOf(schema: Definition["schema"]): (typeof DRAFTS)[number] {
  const uri = typeof schema === "object" ? schema.$schema : undefined;
  const text = typeof uri === "string" ? uri : JSON.stringify(uri);
  const wanted = text === undefined ? DRAFTS.at(-1)?.uri : text.replace(/^https?:\/\/|#$/g, "");
  const draft = DRAFTS.find((one) => one.uri === wanted);
  if (draft !== undefined) return draft;
  const known = DRAFTS.map((one) => `https://${one.uri}`).join(", ");
  const message = `$schema ${text} is not a draft that is known here: ${known}`;
  throw invalidSchema([{ path: "/schema/$schema", rule: "draft", message }]);
}

/** Throws what is wrong with each keyword. */
function assertMatchesDraft(ajv: AnyAjv, schema: Definition["schema"]): void {
  if (ajv.validateSchema(schema) === true) return;
  const issues = issuesOf(ajv.errors ?? [], "keyword").slice(0, MAX_ISSUES);
  throw invalidSchema(issues.map((issue) => ({ ...issue, path: `/schema${issue.path}` })));
}

function invalidSchema(issues: readonly Issue[], cause?: unknown): ConveyorError {
  const text = issues.map(({ path, message }) => `${path} ${message}`).join("; ");
  const message = `the schema cannot be used: ${text}`;
  return new ConveyorError({ code: "invalid_schema", message, issues }, { cause });
}
