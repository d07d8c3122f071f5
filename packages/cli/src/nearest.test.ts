import { expect, it } from "vitest";
import { nearestOf } from "./nearest.ts";

it("the nearest word is found across letters changed, dropped and added", () => {
  expect(nearestOf("prot", ["port", "host"])).toBe("port");
  expect(nearestOf("databaseUrl", ["data", "database-url"])).toBe("database-url");
  expect(nearestOf("Ressource", ["ResourceDefinition", "Resource"])).toBe("Resource");
});

it("a word that is like none of them has no nearest one", () => {
  expect(nearestOf("colour", ["port", "host"])).toBeUndefined();
  expect(nearestOf("colour", [])).toBeUndefined();
});
