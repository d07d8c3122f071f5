import { expect, it } from "vitest";
import { oneLine, plainText, styledText } from "./plain-text.ts";

it("plain text drives no terminal", () => {
  expect(plainText("a\u001b]0;title\u0007b\u001b[31mc\u001b[0m\u0000\t\n")).toBe("abc\t\n");
});

it("styled text keeps colours only, and ends them", () => {
  expect(styledText("\u001b[31mred\u001b[2J")).toBe("\u001b[31mred\u001b[0m");
  expect(styledText("none")).toBe("none");
});

it("one line has no line breaks", () => {
  expect(oneLine(" a\r\nb\tc ")).toBe("a b c");
});
