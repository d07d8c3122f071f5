import type { LogChunk } from "@conveyor-ci/core";
import { expect, it } from "vitest";
import { framesOf, linesAsEvents, linesAsFrames } from "./rendered-lines.ts";

const line = (message: string) =>
  ({ timestamp: "2026-01-01T00:00:00.000Z", level: "info", message, labels: {} }) as const;
const chunk: LogChunk = {
  run: "r-1",
  position: 1,
  driver: "d",
  pipeline: null,
  step: "s",
  attempt: 1,
  first: 5,
  lines: [line("a"), line("b\n"), line("ü")],
  storedAt: 0,
};

it("a chunk is rendered once for all its readers", () => {
  expect(linesAsFrames(chunk, 4)).toBe(linesAsFrames(chunk, 0));
  expect(linesAsEvents(chunk, 4)).toBe(linesAsEvents(chunk, 0));
});

it("a reader gets only the lines after its cursor", () => {
  const text = linesAsEvents(chunk, 6).toString();
  expect(text.match(/^id: \d+$/gm)).toEqual(["id: 7"]);
  expect(JSON.parse(text.split("data: ")[1] ?? "")).toMatchObject({ seq: 7, message: "ü" });
  expect(linesAsEvents(chunk, 7)).toHaveLength(0);
});

it("frames carry their lengths in each of the three forms", () => {
  const sizes = [125, 126, 65_535, 65_536];
  const bytes = framesOf(sizes.map((size) => "x".repeat(size)));
  expect(bytes).toHaveLength(125 + 2 + 126 + 4 + 65_535 + 4 + 65_536 + 10);
  expect([bytes[0], bytes[1], bytes[128], bytes.readUInt16BE(129)]).toEqual([0x81, 125, 126, 126]);
});
