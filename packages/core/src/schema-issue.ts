/** What a validator found, in words for the person who wrote the input. */
import type { Issue } from "./errors.ts";
import { nearestWord } from "./nearest.ts";
import { ownOf } from "./own.ts";

/** An error of a JSON Schema validator, of which Ajv's are an example. */
export interface SchemaError {
  readonly keyword: string;
  /** JSON Pointer to the value. */
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string | undefined;
  /** The value of the keyword. */
  readonly schema?: unknown;
  /** The schema that has the keyword. */
  readonly parentSchema?: object | undefined;
  /** The value that does not match. */
  readonly data?: unknown;
  /** Of a name of a member, where that is what does not match. */
  readonly propertyName?: string | undefined;
}

const MAX_SHOWN = 40;
const MAX_NAMES = 20;

/** The issues of a validation; `noun` is what a member is called. */
export function issuesOf(errors: readonly SchemaError[], noun = "field"): readonly Issue[] {
  return withoutNoise(errors).map((error) => issueOf(error, noun));
}

/** The place of a member, as a JSON Pointer. */
export function memberPath(path: string, name: string): string {
  return `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** A text from outside in quotes, cut off where it would fill the page. */
export function quoted(text: string): string {
  if (text.length <= MAX_SHOWN) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, MAX_SHOWN))}… (${text.length} characters)`;
}

/**
 * Of a union (`anyOf`) whose branches say different things, only what the branch says that was
 * meant; what the union says itself where none was.
 */
function withoutNoise(errors: readonly SchemaError[]): readonly SchemaError[] {
  let left = errors.filter(({ keyword }) => keyword !== "propertyNames");
  for (const union of errors) {
    if (union.keyword !== "anyOf" || !Array.isArray(union.schema)) continue;
    const fits = union.schema.flatMap((branch, index) => (isMeant(branch, union) ? [index] : []));
    const [meant] = fits;
    if (fits.length > 1) continue;
    const prefix = `${union.schemaPath}/`;
    const isOfUnion = (error: SchemaError): boolean =>
      error.schemaPath.startsWith(prefix) && error.instancePath.startsWith(union.instancePath);
    left =
      meant === undefined
        ? left.filter((error) => !isOfUnion(error))
        : left.filter(
            (error) =>
              error !== union &&
              (!isOfUnion(error) || error.schemaPath.startsWith(`${prefix}${meant}/`)),
          );
  }
  return left;
}

/** Whether a value is of the type that a branch takes. */
function isMeant(branch: unknown, { data }: SchemaError): boolean {
  const { type, const: only } = (branch ?? {}) as { type?: unknown; const?: unknown };
  if (only !== undefined) return only === data;
  if (type === undefined) return true;
  return [type].flat().some((name) => name === typeOf(data) || (name === "integer" && isInt(data)));
}

function isInt(data: unknown): boolean {
  return typeof data === "number";
}

function typeOf(data: unknown): string {
  if (data === null) return "null";
  return Array.isArray(data) ? "array" : typeof data;
}

function issueOf(error: SchemaError, noun: string): Issue {
  const { keyword, instancePath: path, params, propertyName } = error;
  const extra = params["additionalProperty"] ?? params["unevaluatedProperty"];
  if (typeof extra === "string") {
    const message = `is not a known ${noun}${suggestion(extra, knownMembers(error.parentSchema))}`;
    return { path: memberPath(path, extra), rule: "unknown", message };
  }
  if (keyword === "required") {
    const name = String(params["missingProperty"]);
    return { path: memberPath(path, name), rule: "required", message: "is missing" };
  }
  if (propertyName !== undefined) {
    const message = `has a name that ${ruleOf({ ...error, data: propertyName })}`;
    return { path: memberPath(path, propertyName), rule: keyword, message };
  }
  if (keyword === "false schema") return { path, rule: "never", message: "must not be there" };
  return { path, rule: keyword === "anyOf" ? "type" : keyword, message: ruleOf(error) };
}

/** The members that a schema names; those it takes by a pattern are called by the pattern's title. */
function knownMembers(schema: unknown): readonly string[] {
  const { properties, patternProperties } = (schema ?? {}) as {
    readonly properties?: object;
    readonly patternProperties?: Readonly<Record<string, { readonly title?: unknown }>>;
  };
  const titles = Object.values(patternProperties ?? {}).map((pattern) => pattern?.title);
  return [...Object.keys(properties ?? {}), ...titles.filter((title) => typeof title === "string")];
}

function suggestion(name: string, known: readonly string[]): string {
  const nearest = nearestWord(name, known);
  if (nearest !== undefined) return `; did you mean ${nearest}?`;
  if (known.length === 0) return "; none is known here";
  const names = known.slice(0, MAX_NAMES).join(", ");
  return `; known are ${names}${known.length > MAX_NAMES ? ", …" : ""}`;
}

const COUNTED: Readonly<Record<string, readonly [string, string]>> = {
  minimum: ["at least", ""],
  maximum: ["at most", ""],
  exclusiveMinimum: ["more than", ""],
  exclusiveMaximum: ["less than", ""],
  minLength: ["at least", "character"],
  maxLength: ["at most", "character"],
  minItems: ["at least", "item"],
  maxItems: ["at most", "item"],
  minProperties: ["at least", "member"],
  maxProperties: ["at most", "member"],
};

/** What a value must be, and what it is. */
function ruleOf(error: SchemaError): string {
  const { keyword, params, data, parentSchema, message = "does not match" } = error;
  const counted = ownOf(COUNTED, keyword);
  if (counted !== undefined) return countRule(error, counted);
  switch (keyword) {
    case "type":
      return `must be ${typeWords([params["type"]].flat())}, not ${shown(data)}`;
    case "anyOf": {
      const types = (error.schema as readonly { type?: unknown; const?: unknown }[]).map(
        (branch) => (branch.const === undefined ? branch.type : JSON.stringify(branch.const)),
      );
      if (types.some((type) => type === undefined)) return message;
      return `must be ${typeWords(types.flat())}, not ${shown(data)}`;
    }
    case "enum":
      return enumRule(params["allowedValues"], data);
    case "const":
      return `must be ${JSON.stringify(params["allowedValue"])}, not ${shown(data)}`;
    case "not": {
      const { enum: taken } = (error.schema ?? {}) as { enum?: unknown };
      return Array.isArray(taken) ? `must not be one of ${listed(taken)}` : message;
    }
    case "uniqueItems":
      return `must not have an item twice: items ${String(params["j"])} and ${String(params["i"])}`;
    case "pattern": {
      const { description } = (parentSchema ?? {}) as { description?: unknown };
      const rule =
        typeof description === "string"
          ? `be ${description}`
          : `match ${String(params["pattern"])}`;
      return `must ${rule}, not ${shown(data)}`;
    }
    default:
      return message;
  }
}

function countRule(error: SchemaError, [words, unit]: readonly [string, string]): string {
  const { params, data } = error;
  const limit = Number(params["limit"]);
  if (unit === "") return `must be ${words} ${limit}, not ${shown(data)}`;
  if (words === "at least" && limit === 1) return "must not be empty";
  const count = typeof data === "string" || Array.isArray(data) ? `, not ${data.length}` : "";
  return `must have ${words} ${limit} ${unit}${limit === 1 ? "" : "s"}${count}`;
}

function enumRule(allowed: unknown, data: unknown): string {
  const values = Array.isArray(allowed) ? allowed : [];
  const texts = values.filter((value) => typeof value === "string");
  const near = typeof data === "string" ? nearestWord(data, texts) : undefined;
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return `must be one of ${listed(values)}, not ${shown(data)}${hint}`;
}

function listed(values: readonly unknown[]): string {
  const names = values.slice(0, MAX_NAMES).map((value) => JSON.stringify(value));
  return `${names.join(", ")}${values.length > MAX_NAMES ? ", …" : ""}`;
}

const ARTICLES: Readonly<Record<string, string>> = {
  array: "an array",
  boolean: "true or false",
  integer: "a whole number",
  null: "null",
  number: "a number",
  object: "an object",
  string: "a text",
};

function typeWords(types: readonly unknown[]): string {
  const words = types.map((type) => {
    const name = String(type);
    return ownOf(ARTICLES, name) ?? name;
  });
  return [...new Set(words)].join(" or ");
}

function shown(data: unknown): string {
  if (typeof data === "string") return quoted(data);
  if (typeof data === "object" && data !== null)
    return Array.isArray(data) ? "an array" : "an object";
  return String(data);
}
