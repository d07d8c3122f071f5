import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isEqualJson } from "./equal.ts";
import type { JsonValue } from "./nouns/definition.ts";

const json = fc.jsonValue() as fc.Arbitrary<JsonValue>;

/** The same value with the members of every object in the opposite order. */
function turned(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => turned(item));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).reverse();
  return Object.fromEntries(members.map(([name, member]) => [name, turned(member)]));
}

describe("JSON values are equal", () => {
  it("when they are copies, in whatever order their members stand", () => {
    fc.assert(fc.property(json, (value) => isEqualJson(value, turned(structuredClone(value)))));
  });

  it("only when they are written alike", () => {
    const text = (value: JsonValue): string => JSON.stringify(turned(turned(value)));
    fc.assert(
      fc.property(json, json, (a, b) => {
        if (isEqualJson(a, b)) expect(isEqualJson(b, a)).toBe(true);
        else expect(text(a)).not.toBe(text(b));
      }),
    );
  });

  it("not when a member is missing, an item moved, or a list is an object", () => {
    expect(isEqualJson({ a: 1 }, { b: 1 })).toBe(false);
    expect(isEqualJson({ a: 1 }, { a: 1, b: 1 })).toBe(false);
    expect(isEqualJson([1, 2], [2, 1])).toBe(false);
    expect(isEqualJson([1], { 0: 1 })).toBe(false);
    expect(isEqualJson({ 0: 1 }, [1])).toBe(false);
    expect(isEqualJson({ length: 0 }, [])).toBe(false);
    expect(isEqualJson("", {})).toBe(false);
    expect(isEqualJson({}, 0)).toBe(false);
    expect(isEqualJson({ toString: 1 }, { a: 1 })).toBe(false);
    expect(isEqualJson(null, {})).toBe(false);
    expect(isEqualJson(undefined, null)).toBe(false);
  });
});
