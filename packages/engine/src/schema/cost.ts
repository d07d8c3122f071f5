/**
 * Bounds what one validation costs, whatever the schema and the value are: a union that refers to
 * itself twice doubles its work with every level, and a list of names is missing in every item.
 *
 * C1 Every keyword counts when it is evaluated, with the size of what it lists, and with that of the
 *    value where it looks at every member or item.
 * C2 A validation runs to its end before another begins, so one count serves all of them.
 */
import { _, type Ajv, type CodeKeywordDefinition } from "ajv";

/** Thrown out of a validation that costs more than it may. */
export class TooCostly extends Error {}

/** Keywords that look at every member or item of a value. */
const LOOKS_AT_ALL: ReadonlySet<string> = new Set([
  "additionalItems",
  "additionalProperties",
  "contains",
  "items",
  "patternProperties",
  "propertyNames",
  "unevaluatedItems",
  "unevaluatedProperties",
]);

let left = Number.POSITIVE_INFINITY;

/** Runs a validation that may cost so many units. */
export function withinCost<R>(units: number, validate: () => R): R {
  left = units;
  try {
    return validate();
  } finally {
    left = Number.POSITIVE_INFINITY;
  }
}

/** @throws TooCostly when there is nothing left */
export function spend(units: number): void {
  left -= units;
  if (left < 0) throw new TooCostly("the validation costs too much");
}

function spendOn(units: number, value: unknown): void {
  spend(units + sizeOf(value));
}

function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}

/** C1: makes the code of every keyword begin with its cost. */
export function countKeywords(ajv: Pick<Ajv, "RULES">): void {
  for (const rule of Object.values(ajv.RULES.all)) {
    if (typeof rule !== "object" || !("code" in rule.definition)) continue;
    const { definition } = rule;
    const { code } = definition as CodeKeywordDefinition;
    const counted: CodeKeywordDefinition["code"] = (cxt, type) => {
      const units = 1 + sizeOf(cxt.schema);
      if (LOOKS_AT_ALL.has(rule.keyword)) {
        cxt.gen.code(_`${cxt.gen.scopeValue("func", { ref: spendOn })}(${units}, ${cxt.data})`);
      } else {
        cxt.gen.code(_`${cxt.gen.scopeValue("func", { ref: spend })}(${units})`);
      }
      code(cxt, type);
    };
    rule.definition = { ...definition, code: counted };
  }
}
