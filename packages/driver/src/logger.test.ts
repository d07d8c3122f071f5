import { expect, it } from "vitest";
import { createAttemptLogger, type LineSink } from "./logger.ts";

it("labels that no line may have are refused at the call that brings them", () => {
  const written: string[] = [];
  const sink: LineSink = {
    write: (_lease, line) => void written.push(line),
    waitForRoom: () => Promise.resolve(),
    flush: () => Promise.resolve(true),
    notice: () => {},
  };
  const { logger, lines } = createAttemptLogger({ lease: 1, title: "t", now: () => 0 }, sink);
  const labels = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`l${index}`, 1]));
  expect(() => logger.log(labels, "x")).toThrow(RangeError);
  expect(() => logger.stream("stdout", labels)).toThrow(RangeError);
  logger.log({ l: 1 }, "y");
  expect([lines(), written.length]).toEqual([1, 1]);
});
