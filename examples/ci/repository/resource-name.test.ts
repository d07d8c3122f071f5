import { expect, it } from "vitest";
import { resourceName } from "./resource-name.mjs";

/** What the control plane takes for a name. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;

const BRANCHES = [
  "main",
  "fix/42",
  "fix-42",
  "fix_42",
  "fix.42",
  "Fix/42",
  "日本",
  "日本語",
  "a.é",
  "é",
  "#1",
  "_",
  "_x",
  "x_",
  "x".repeat(240),
  "x".repeat(241),
];

it("every branch has a valid name of its own, and a plain one its own name", () => {
  const names = BRANCHES.map((branch) => resourceName("shop", branch));
  expect(names.filter((name) => !NAME.test(name))).toEqual([]);
  expect(new Set(names).size).toBe(BRANCHES.length);
  expect(names.slice(0, 3)).toEqual(["shop.main", "shop.fix-42-b34b393bdb", "shop.fix-42"]);
});

it("a dot separates repository and branch, so no repository has one in its name", () => {
  expect(() => resourceName("shop.v2", "main")).toThrow(/cannot name a repository/);
});
