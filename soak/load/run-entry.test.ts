import { describe, expect, it } from "vitest";
import { createRunEntry, judgeEnd, judgeLog, type RunEntry } from "./run-entry.ts";

const ended = (state: string, of: Partial<RunEntry> = {}): RunEntry => ({
  ...createRunEntry("r", "succeeded"),
  end: { state, at: 0 },
  ...of,
});
const line = (seq: number, message: string) => ({ seq, message });

describe("the end of a run", () => {
  it("is what its handler answers when nobody interferes", () => {
    expect(judgeEnd(ended("succeeded"))).toBeNull();
    expect(judgeEnd(ended("cancelled"))).toBe("run r ended as cancelled, not as succeeded");
  });

  it("is a cancellation once that was accepted, and nothing else", () => {
    expect(judgeEnd(ended("cancelled", { isCancelled: true }))).toBeNull();
    expect(judgeEnd(ended("succeeded", { isCancelled: true }))).toContain("not as cancelled");
  });

  it("may be either when the resource was deleted meanwhile", () => {
    expect(judgeEnd(ended("cancelled", { isSuperseded: true }))).toBeNull();
    expect(judgeEnd(ended("succeeded", { isSuperseded: true }))).toBeNull();
    expect(judgeEnd(ended("failed", { isSuperseded: true }))).toContain("ended as failed");
  });

  it("has to come", () => {
    expect(judgeEnd(createRunEntry("r", "failed"))).toBe("run r has not ended");
  });
});

describe("the log of a run", () => {
  const lines = [line(1, "7:0 a"), line(2, "note 1"), line(3, "7:1 b"), line(4, "8:0 a")];
  const entry = (of: Partial<RunEntry> = {}): RunEntry => ended("succeeded", of);

  it("is sound when every acknowledged line is there once and in order", () => {
    const acknowledged = new Map([
      [7, 2],
      [8, 1],
    ]);
    expect(judgeLog(entry({ acknowledged, notes: ["note 1"], followed: [4] }), lines)).toEqual([]);
  });

  it("may hold lines of a process that died before it heard of them", () => {
    expect(judgeLog(entry({ acknowledged: new Map([[8, 1]]) }), lines)).toEqual([]);
  });

  it("is refused when an acknowledged line is missing", () => {
    const acknowledged = new Map([[8, 2]]);
    expect(judgeLog(entry({ acknowledged }), lines)).toEqual([
      "run r: 1 of 2 acknowledged lines of fence 8",
    ]);
    expect(judgeLog(entry({ notes: ["note 2"] }), lines)).toEqual(['run r: "note 2" is missing']);
  });

  it("is refused when a line is double or out of order", () => {
    expect(judgeLog(entry(), [line(1, "7:0 a"), line(2, "7:0 a")])).toHaveLength(1);
    expect(judgeLog(entry(), [line(1, "7:1 a"), line(2, "7:0 a")])).toHaveLength(2);
    expect(judgeLog(entry(), [line(2, "7:0 a")])).toEqual(["run r: line 2 stands in place 1"]);
  });

  it("is refused when a follower that was told of the end got another number of lines", () => {
    expect(judgeLog(entry({ followed: [3] }), lines)).toEqual([
      "run r: a follower got 3 of 4 lines",
    ]);
  });
});
