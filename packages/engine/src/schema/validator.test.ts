import type { Definition, JsonValue } from "@conveyor-ci/core";
import { describe, expect, it } from "vitest";
import { createSchemaValidator } from "./validator.ts";

function definition(schema: Definition["schema"]): Definition {
  return {
    id: "1",
    name: "app",
    description: null,
    version: null,
    schema,
    createdAt: 0,
    updatedAt: 0,
  };
}

function refusal(schema: Definition["schema"]): { code: string; path: string } {
  try {
    createSchemaValidator().check(schema);
  } catch (error) {
    const { code, issues } = error as { code: string; issues: { path: string }[] };
    return { code, path: issues[0]?.path ?? "none" };
  }
  throw new Error("the schema was not refused");
}

describe("the schema validator", () => {
  it("is not made to answer later by a schema that says $async", () => {
    const sync = definition({ $async: true, type: "object" });
    expect(createSchemaValidator().validateSpec(sync, 5)).toMatchObject([{ rule: "type" }]);
    const inside = { properties: { a: { $async: true, type: "object" } } };
    expect(refusal(inside).code).toBe("invalid_schema");
  });

  it("names the path and the rule of each value that does not match", () => {
    const schema = {
      type: "object",
      required: ["image"],
      properties: { image: { type: "string" }, replicas: { type: "integer", minimum: 1 } },
    };
    const issues = createSchemaValidator().validateSpec(definition(schema), { replicas: 0 });
    expect(issues.map(({ path, rule }) => [path, rule]).sort()).toEqual([
      ["/image", "required"],
      ["/replicas", "minimum"],
    ]);
  });

  it.each([
    ["http://json-schema.org/draft-04/schema#", { minimum: 5, exclusiveMinimum: true }],
    ["http://json-schema.org/draft-06/schema#", { exclusiveMinimum: 5 }],
    ["http://json-schema.org/draft-07/schema#", { exclusiveMinimum: 5 }],
    ["https://json-schema.org/draft/2019-09/schema", { exclusiveMinimum: 5 }],
    ["https://json-schema.org/draft/2020-12/schema", { exclusiveMinimum: 5 }],
  ])("takes the draft that $schema names: %s", ($schema, rules) => {
    const validator = createSchemaValidator();
    const made = definition({ $schema, type: "number", ...rules });
    expect(validator.validateSpec(made, 5)).toHaveLength(1);
    expect(validator.validateSpec(made, 6)).toHaveLength(0);
  });

  it("takes draft 2020-12 when no draft is named", () => {
    const made = definition({ prefixItems: [{ type: "string" }] });
    expect(createSchemaValidator().validateSpec(made, [1])).toHaveLength(1);
  });

  it("refuses an unknown draft and names those that it knows", () => {
    expect(refusal({ $schema: "https://example.org/mine" })).toEqual({
      code: "invalid_schema",
      path: "/schema/$schema",
    });
  });

  it.each([
    ["a network address", { $ref: "http://127.0.0.1:1/schema.json" }],
    ["a file", { $ref: "file:///etc/passwd" }],
    ["a place that does not exist", { $ref: "#/$defs/none" }],
  ])("refuses a $ref to %s, and names it", (_, schema) => {
    expect(refusal(schema).code).toBe("invalid_schema");
    expect(() => createSchemaValidator().check(schema)).toThrow(
      `/schema has a $ref to ${schema.$ref}, which is not in it`,
    );
  });

  it("says of a pattern that cannot be read what is wrong with it", () => {
    expect(() => createSchemaValidator().check({ pattern: "(" })).toThrow(
      "/schema has a pattern that cannot be used: missing closing ): `(`",
    );
  });

  it("refuses a pattern that cannot be run in linear time", () => {
    expect(refusal({ type: "string", pattern: "(a)\\1" }).code).toBe("invalid_schema");
  });

  it("runs a pattern that would backtrack for ever in linear time", () => {
    const made = definition({ type: "string", pattern: "^(a+)+$" });
    const issues = createSchemaValidator().validateSpec(made, `${"a".repeat(50_000)}!`);
    expect(issues).toHaveLength(1);
  });

  it("keeps several patterns of one schema apart", () => {
    const made = definition({ properties: { a: { pattern: "^x" }, b: { pattern: "^y" } } });
    expect(createSchemaValidator().validateSpec(made, { a: "x", b: "y" })).toEqual([]);
    expect(createSchemaValidator().validateSpec(made, { a: "y", b: "x" })).toHaveLength(2);
  });

  it.each([
    ["itself", { $ref: "#" }],
    [
      "itself over a definition",
      { $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } }, $ref: "#/$defs/a" },
    ],
    ["itself under allOf", { allOf: [{ $ref: "#" }] }],
  ])("refuses a schema that refers to %s without end", (_, schema) => {
    expect(refusal(schema).code).toBe("invalid_schema");
  });

  it("takes a schema that refers to itself below a property", () => {
    const tree = {
      type: "object",
      properties: { children: { type: "array", items: { $ref: "#" } } },
      additionalProperties: false,
    };
    const validator = createSchemaValidator();
    expect(validator.validateSpec(definition(tree), { children: [{ children: [] }] })).toEqual([]);
    expect(validator.validateSpec(definition(tree), { children: [{ x: 1 }] })).toHaveLength(1);
  });

  it("names the keyword of a schema that is no schema", () => {
    expect(refusal({ properties: { a: { type: "strng" } } })).toEqual({
      code: "invalid_schema",
      path: "/schema/properties/a/type",
    });
  });

  it("does not take what a value inherits for its own", () => {
    const made = definition({
      required: ["toString"],
      properties: { constructor: { type: "string" } },
    });
    expect(createSchemaValidator().validateSpec(made, {})).toMatchObject([
      { path: "/toString", rule: "required" },
    ]);
    expect(createSchemaValidator().validateSpec(made, { toString: 1 })).toEqual([]);
  });

  it("checks formats", () => {
    const made = definition({ type: "string", format: "date-time" });
    expect(createSchemaValidator().validateSpec(made, "yesterday")).toHaveLength(1);
  });

  it("finds items that are equal, whatever the order of their members", () => {
    const made = definition({ type: "array", uniqueItems: true });
    const { validateSpec } = createSchemaValidator();
    expect(validateSpec(made, [1, "1", [1], { a: 1 }, { a: 2 }, null, true])).toEqual([]);
    expect(validateSpec(definition({ uniqueItems: false }), [1, 1])).toEqual([]);
    expect(validateSpec(made, [{ a: 1, b: [{}] }, 5, { b: [{}], a: 1 }])).toMatchObject([
      { rule: "uniqueItems", message: expect.stringContaining("items 0 and 2") },
    ]);
  });

  it.each([
    {
      what: "a union that goes down twice at every level",
      schema: {
        anyOf: [1, 2].map((only) => ({ properties: { a: { $ref: "#" }, b: { const: only } } })),
        required: ["b"],
      },
      spec: nested(100),
      rules: ["cost"],
    },
    {
      what: "many items of which each is told apart from all",
      schema: { type: "array", uniqueItems: true },
      spec: Array.from({ length: 50_000 }, (_, index) => ({ index, isLast: index === 49_999 })),
      rules: [],
    },
    {
      what: "more that is missing than can be listed",
      schema: { items: { required: Array.from({ length: 5_000 }, (_, index) => `n${index}`) } },
      spec: Array.from({ length: 100_000 }, () => ({})),
      rules: ["required"],
    },
    {
      what: "many patterns for many names",
      schema: {
        patternProperties: Object.fromEntries(
          Array.from({ length: 500 }, (_, index) => [`^${index}x*$`, true]),
        ),
      },
      spec: Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`n-${index}`, 1])),
      rules: ["cost"],
    },
  ])("bounds the work for $what", ({ schema, spec, rules }) => {
    const issues = createSchemaValidator().validateSpec(definition(schema), spec);
    expect(issues.map(({ rule }) => rule)).toEqual(rules);
  });
});

/** Values that match no branch of the union at any depth. */
function nested(levels: number): JsonValue {
  let value: JsonValue = { b: 3 };
  for (let level = 0; level < levels; level += 1) value = { a: value, b: 3 };
  return value;
}
