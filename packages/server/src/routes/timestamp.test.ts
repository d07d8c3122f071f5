import { expect, it } from "vitest";
import { normalTimestamp } from "./timestamp.ts";

it.each([
  ["2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.000Z"],
  ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
  ["2026-01-31T14:00:00.123456+02:00", "2026-01-31T12:00:00.123456Z"],
  ["2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00.123456789Z"],
])("a time becomes UTC, as fine as it was: %s", (text, normal) => {
  expect(normalTimestamp(text)).toBe(normal);
});

it.each(["yesterday", "2026-13-01T00:00:00Z", "2026-01-31 12:00:00Z", "2026-01-31T25:00:00Z"])(
  "what is no time is refused: %s",
  (text) => expect(normalTimestamp(text)).toBeUndefined(),
);
