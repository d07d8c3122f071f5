import type { WireLogLine } from "@conveyor-ci/contract";
import pc from "picocolors";
import { expect, it } from "vitest";
import { createSpeaker } from "./speaker.ts";

const LINE = { driver: "tester", step: "unit", level: "info", message: "a\nb" } as WireLogLine;

function speak(isColored: boolean): string {
  let said = "";
  const out = async (text: string) => {
    said += text;
  };
  const terminal = { colors: pc.createColors(isColored), isColored, out };
  const speaker = createSpeaker(terminal, ["builder", "web"]);
  speaker.say("web", "\u001b[32mup\u001b[0m\u001b[2J");
  speaker.say("builder", "up");
  speaker.showLine(LINE, "app/one");
  return said;
}

it("every line has a name, and names stand under each other", () => {
  expect(speak(false)).toBe(
    "web     | up\nbuilder | up\nunit    | app/one: a\nunit    | app/one: b\n",
  );
});

it("on a terminal each name has a colour of its own, and programs keep theirs", () => {
  const lines = speak(true).split("\n");
  const [web, builder, unit] = lines.map((line) => line.slice(0, 5));
  expect(new Set([web, builder, unit]).size).toBe(3);
  expect(lines[0]).toContain("\u001b[32mup\u001b[0m");
  expect(lines[0]).not.toContain("[2J");
});
