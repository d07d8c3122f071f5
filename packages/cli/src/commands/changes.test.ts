import { expect, it } from "vitest";
import { changeWords } from "./changes.ts";

const change = {
  position: 12,
  at: "2026-01-01T10:20:30.400Z",
  noun: "resource",
  name: "shop",
  kind: "app",
  run: "019ab4e2-0000-7000-8000-000000000001",
  what: "created",
  actor: "ada",
} as const;
const words = (columns?: number) => changeWords(change, columns).join(" ");

it("a change is one line of a terminal: what matters least goes first", () => {
  const run = "run 019ab4e2-0000-7000-8000-000000000001";
  expect(words()).toBe(`12 ${change.at} resource app/shop created ${run} by ada`);
  expect(words(100)).toBe(`12 10:20:30.400Z resource app/shop created ${run} by ada`);
  expect(words(85)).toBe(`12 10:20:30.400Z resource app/shop created ${run}`);
  expect(words(80)).toBe("12 10:20:30.400Z resource app/shop created by ada");
  expect(words(45)).toBe("12 10:20:30.400Z resource app/shop created");
  expect(words(30)).toBe("12 10:20:30.400Z resource app…");
});
