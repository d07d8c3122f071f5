import { expect, it } from "vitest";
import { nearestWord } from "./nearest.ts";

it("a mistyped word finds the known one, across letters changed, dropped, added and swapped", () => {
  expect(nearestWord("schma", ["id", "name", "schema"])).toBe("schema");
  expect(nearestWord("dirver", ["driver", "id"])).toBe("driver");
  expect(nearestWord("Pipeline", ["pipeline"])).toBe("pipeline");
  expect(nearestWord("databaseUrl", ["data", "database-url"])).toBe("database-url");
  expect(nearestWord("Ressource", ["ResourceDefinition", "Resource"])).toBe("Resource");
});

it("of two words that are near, the nearer one is found", () => {
  expect(nearestWord("prot", ["port", "host"])).toBe("port");
  expect(nearestWord("buildr", ["build", "builder"])).toBe("build");
});

it("a word that is like none finds none", () => {
  expect(nearestWord("colour", ["port", "host"])).toBeUndefined();
  expect(nearestWord("colour", [])).toBeUndefined();
  expect(nearestWord("kind", ["id"])).toBeUndefined();
  expect(nearestWord("x".repeat(1_000), ["x"])).toBeUndefined();
});
