import { expect, it } from "vitest";
import { editDistance, nearestName } from "./nearest-name.ts";

it("a mistyped name finds the known one", () => {
  expect(nearestName("schma", ["id", "name", "schema"])).toBe("schema");
  expect(nearestName("dirver", ["driver", "id"])).toBe("driver");
  expect(nearestName("Pipeline", ["pipeline"])).toBe("pipeline");
});

it("a name that is like none finds none", () => {
  expect(nearestName("zzz", ["id", "name", "schema"])).toBeUndefined();
  expect(nearestName("x".repeat(1_000), ["x"])).toBeUndefined();
});

it("a swap of neighbours counts once", () => {
  expect(editDistance("ab", "ba")).toBe(1);
  expect(editDistance("", "abc")).toBe(3);
});
