import { describe, expect, it } from "vitest";
import { issuesOf, quoted, type SchemaError } from "./schema-issue.ts";

function error(of: Partial<SchemaError>): SchemaError {
  return { keyword: "type", instancePath: "/a", schemaPath: "#/a", params: {}, ...of };
}

function words(of: Partial<SchemaError>): string {
  return issuesOf([error(of)])[0]?.message ?? "none";
}

const KNOWN = { properties: { image: {}, ports: {} } };
const long = "x".repeat(500);

describe("the issues of a validation", () => {
  it.each<[string, Partial<SchemaError>]>([
    ['must be a whole number, not "5"', { params: { type: "integer" }, data: "5" }],
    ["must be an object or null, not an array", { params: { type: ["object", "null"] }, data: [] }],
    ["must be a text, not an object", { params: { type: "string" }, data: {} }],
    ["must be at least 1, not 0", { keyword: "minimum", params: { limit: 1 }, data: 0 }],
    ["must not be empty", { keyword: "minLength", params: { limit: 1 }, data: "" }],
    [
      "must have at most 3 characters, not 4",
      { keyword: "maxLength", params: { limit: 3 }, data: "abcd" },
    ],
    ["must have at least 2 members", { keyword: "minProperties", params: { limit: 2 }, data: {} }],
    [
      'must be one of "create", "update", not "creat"; did you mean create?',
      { keyword: "enum", params: { allowedValues: ["create", "update"] }, data: "creat" },
    ],
    [
      'must be a name, not "a b"',
      { keyword: "pattern", parentSchema: { description: "a name" }, data: "a b" },
    ],
    ['must match ^x$, not "a"', { keyword: "pattern", params: { pattern: "^x$" }, data: "a" }],
    [
      "must not have an item twice: items 0 and 2",
      { keyword: "uniqueItems", params: { i: 2, j: 0 }, data: [1, 2, 1] },
    ],
    ['must be 5, not "5"', { keyword: "const", params: { allowedValue: 5 }, data: "5" }],
    [
      "has a name that must not be empty",
      { keyword: "minLength", params: { limit: 1 }, propertyName: "" },
    ],
    [
      'must not be one of "a", "b"',
      { keyword: "not", schema: { enum: ["a", "b"] }, message: "must NOT be valid" },
    ],
    ["must NOT be valid", { keyword: "not", schema: {}, message: "must NOT be valid" }],
    ["must not be there", { keyword: "false schema" }],
    ["what the validator says", { keyword: "format", message: "what the validator says" }],
  ])("say %s", (text, of) => {
    expect(words(of)).toBe(text);
  });

  it.each([
    ["imge", "is not a known field; did you mean image?"],
    ["zzz", "is not a known field; known are image, ports"],
    ["__proto__", "is not a known field; known are image, ports"],
  ])("name the field that %s was probably meant to be", (additionalProperty, message) => {
    const params = { additionalProperty };
    expect(
      issuesOf([error({ keyword: "additionalProperties", params, parentSchema: KNOWN })]),
    ).toEqual([{ path: `/a/${additionalProperty}`, rule: "unknown", message }]);
  });

  it("stand at the member that is missing", () => {
    const missing = error({ keyword: "required", params: { missingProperty: "x/y" } });
    expect(issuesOf([missing])).toEqual([
      { path: "/a/x~1y", rule: "required", message: "is missing" },
    ]);
  });

  it("of a union are those of the branch that was meant", () => {
    const schema = [{ type: "string", pattern: "^x" }, { type: "null" }];
    const branch = (index: number, keyword: string, more: Partial<SchemaError>) =>
      error({ keyword, schemaPath: `#/a/anyOf/${index}/${keyword}`, ...more });
    const errorsOf = (data: unknown) => [
      branch(0, "pattern", { params: { pattern: "^x" }, data }),
      branch(1, "type", { params: { type: "null" }, data }),
      error({ keyword: "anyOf", schemaPath: "#/a/anyOf", schema, data }),
    ];
    expect(issuesOf(errorsOf("y")).map(({ message }) => message)).toEqual([
      'must match ^x, not "y"',
    ]);
    expect(issuesOf(errorsOf(5))).toEqual([
      { path: "/a", rule: "type", message: "must be a text or null, not 5" },
    ]);
  });

  it("cut off what is long", () => {
    expect(quoted(long)).toBe(`"${"x".repeat(40)}"… (500 characters)`);
    expect(words({ params: { type: "integer" }, data: long }).length).toBeLessThan(100);
  });
});
