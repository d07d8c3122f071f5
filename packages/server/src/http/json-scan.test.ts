import { describe, expect, it } from "vitest";
import { findJsonProblem, isSuspicious } from "./json-scan.ts";

describe("a broken JSON text", () => {
  it.each([
    ['{"a": }', 'expected a value, but found "}" (line 1, column 7)'],
    ['{"a": 1\n "b": 2}', "expected ',' or '}', but found \"\\\"\" (line 2, column 2)"],
    ["[1, 2", "expected ',' or ']', but the text ends (line 1, column 6)"],
    ["{a: 1}", 'expected a member name in double quotes, but found "a" (line 1, column 2)'],
    ['{"a": 1} x', 'expected the end of the text, but found "x" (line 1, column 10)'],
    ["01", 'expected the end of the text, but found "1" (line 1, column 2)'],
    ["", "expected a value, but the text ends (line 1, column 1)"],
  ])("is placed by line and column: %s", (text, message) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(findJsonProblem(text, 128)).toMatchObject({ kind: "syntax", message });
  });
});

describe("a JSON text that JSON.parse would take", () => {
  it("is refused by the path of an integer that would become another", () => {
    const text = '{"a": [1, {"b/c": 9007199254740993}]}';
    expect(isSuspicious(text, 128)).toBe(true);
    expect(findJsonProblem(text, 128)).toMatchObject({ kind: "number", path: "/a/1/b~1c" });
    expect(findJsonProblem('{"a": -9007199254740991, "b": 1.5e300}', 128)).toBeUndefined();
  });

  it("is refused where a number is beyond a double", () => {
    expect(isSuspicious("[1e999]", 128)).toBe(true);
    expect(findJsonProblem("[1e999]", 128)).toMatchObject({ kind: "number", path: "/0" });
  });

  it("is refused when it is nested deeper than allowed, and not at the bound", () => {
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    expect(findJsonProblem(nested(128), 128)).toBeUndefined();
    expect(isSuspicious(nested(129), 128)).toBe(true);
    expect(findJsonProblem(nested(129), 128)).toMatchObject({ kind: "deep" });
    expect(findJsonProblem("[".repeat(1_000_000), 128)).toMatchObject({ kind: "deep" });
  });

  it("is not suspected without a reason", () => {
    expect(isSuspicious('{"name":"app","spec":{"n":123456789012345}}', 128)).toBe(false);
  });
});
