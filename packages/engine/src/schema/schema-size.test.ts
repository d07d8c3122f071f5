import type { JsonObject } from "@conveyor-ci/core";
import { describe, expect, it } from "vitest";
import { patternSize } from "./pattern-size.ts";
import { MAX_PATTERNS_SIZE, MAX_SCHEMA_BYTES, MAX_SCHEMA_PARTS } from "./schema-size.ts";
import { createSchemaValidator } from "./validator.ts";

const DEFINITION = {
  id: "1",
  name: "app",
  description: null,
  version: null,
  createdAt: 0,
  updatedAt: 0,
} as const;

/** A schema of so many parts: itself, `enum`, and what that lists. */
const ofParts = (count: number): JsonObject => ({
  enum: Array.from({ length: count - 2 }, (_, index) => index),
});

function refusal(
  schema: JsonObject,
  validator = createSchemaValidator(),
): { code?: string; message?: string; issues?: object[] } {
  try {
    validator.check(schema);
    return {};
  } catch (error) {
    return error as { code: string };
  }
}

describe("a schema", () => {
  it("is refused with more parts than the bound, which is named", () => {
    expect(refusal(ofParts(MAX_SCHEMA_PARTS))).toEqual({});
    expect(refusal({ ...ofParts(MAX_SCHEMA_PARTS), title: "a", description: "b" })).toEqual({});
    expect(refusal(ofParts(MAX_SCHEMA_PARTS + 1))).toMatchObject({
      code: "schema_too_large",
      message: `the schema is too large: /schema has ${MAX_SCHEMA_PARTS + 1} subschemas, keywords and values, at most ${MAX_SCHEMA_PARTS} are allowed`,
      issues: [{ path: "/schema", rule: "maxParts" }],
    });
  });

  it("is refused with more bytes than the bound, which is named", () => {
    const description = (sizeBytes: number) => ({
      description: "x".repeat(sizeBytes - '{"description":""}'.length),
    });
    expect(refusal(description(MAX_SCHEMA_BYTES))).toEqual({});
    expect(refusal(description(MAX_SCHEMA_BYTES + 1))).toMatchObject({
      code: "schema_too_large",
      issues: [{ path: "/schema", rule: "maxBytes" }],
    });
  });

  it("that was stored before there was a bound is still what specs are held against", () => {
    const stored = { ...ofParts(MAX_SCHEMA_PARTS + 1000) };
    const made = { ...DEFINITION, schema: stored };
    const validator = createSchemaValidator();
    expect(validator.validateSpec(made, 1)).toEqual([]);
    expect(validator.validateSpec(made, -1)).toHaveLength(1);
  });

  it("is refused with patterns that are larger together than the bound, wherever they stand", () => {
    const heavy = (index: number) => `^(?:\\p{L}\\p{N}){1,300}${index}$`;
    const { size, most } = { size: patternSize(heavy(0)), most: MAX_PATTERNS_SIZE };
    expect(size).toBeGreaterThan(30_000);
    expect(refusal({ properties: { a: { pattern: heavy(0) } } })).toEqual({});
    for (const schema of [
      { properties: { a: { pattern: heavy(0) }, b: { pattern: heavy(1) } } },
      { patternProperties: { [heavy(0)]: { pattern: heavy(1) } } },
    ]) {
      expect(refusal(schema)).toMatchObject({
        code: "schema_too_large",
        message: `the schema is too large: /schema has patterns of ${2 * size} parts when their repetitions are written out, at most ${most} are allowed`,
        issues: [{ path: "/schema", rule: "maxPatterns" }],
      });
    }
  });

  it("that has a large pattern is held against no text for which that would take long", () => {
    const schema = { properties: { a: { pattern: "^(?:a{0,100}){9}$" }, b: { pattern: "^a*$" } } };
    const validator = createSchemaValidator();
    const rules = (spec: JsonObject) =>
      validator.validateSpec({ ...DEFINITION, schema }, spec).map(({ rule }) => rule);
    const long = "a".repeat(1_000_000);
    expect(rules({ a: "a".repeat(900), b: long })).toEqual([]);
    expect(rules({ a: long })).toEqual(["cost"]);
  });

  // The stack ends at some hundreds more or less, when it is compiled or when it first runs.
  it.each([1_700, 1_900, 2_400])(
    "of %i schemas in one place is refused, or can be used",
    (count) => {
      const schema = { allOf: Array.from({ length: count }, (_, index) => ({ minimum: index })) };
      const validator = createSchemaValidator();
      const { code, issues } = refusal(schema, validator);
      if (code === undefined) {
        const [first] = validator.validateSpec({ ...DEFINITION, schema }, -1);
        expect(first?.rule).toBe("minimum");
      } else {
        expect({ code, issues }).toMatchObject({
          code: "schema_too_large",
          issues: [{ path: "/schema", rule: "maxWidth" }],
        });
      }
      expect(count < 2_400 || code !== undefined).toBe(true);
    },
  );
});
