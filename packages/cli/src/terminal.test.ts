import { expect, it } from "vitest";
import { wantsColor } from "./terminal.ts";

it.each([
  { env: {}, isTty: true, expected: true },
  { env: {}, isTty: false, expected: false },
  { env: { NO_COLOR: "1" }, isTty: true, expected: false },
  { env: { NO_COLOR: "" }, isTty: true, expected: true },
  { env: { TERM: "dumb" }, isTty: true, expected: false },
])("colours are for terminals that can, unless refused: $env, $isTty", (one) => {
  expect(wantsColor(one.env, one.isTty)).toBe(one.expected);
});
