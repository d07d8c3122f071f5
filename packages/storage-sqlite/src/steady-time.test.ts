import { beforeEach, describe, expect, it } from "vitest";
import { growing, steadyTime, type Times } from "./steady-time.ts";

const HOUR_MS = 3_600_000;
const START = 1_700_000_000_000;

let wall = START;
let even = 0;
const times: Times = { wallMs: () => wall, evenMs: () => even };

function pass(ms: number): void {
  wall += ms;
  even += ms;
}

beforeEach(() => {
  wall = START;
  even = 50;
});

describe("the storage's time", () => {
  it("is the wall clock's while that passes as real time does", () => {
    const now = steadyTime(0, times);
    expect(now()).toBe(START);
    for (let turn = 0; turn < 100; turn += 1) {
      pass(37);
      expect(now()).toBe(wall);
    }
  });

  it("T1: begins no earlier than the newest batch, and never goes back", () => {
    const now = steadyTime(START + HOUR_MS, times);
    let last = now();
    expect(last).toBe(START + HOUR_MS);
    for (let turn = 0; turn < 200; turn += 1) {
      wall += (turn % 3) * HOUR_MS - HOUR_MS;
      even += turn % 2;
      expect(now()).toBeGreaterThanOrEqual(last);
      last = now();
    }
  });

  it.each([
    ["forward", HOUR_MS],
    ["back", -HOUR_MS],
  ])("T2: does not jump when the wall clock jumps %s an hour", (_name, jump) => {
    const now = steadyTime(0, times);
    wall += jump;
    expect(now()).toBe(START);
    pass(10_000);
    expect(Math.abs(now() - (START + 10_000))).toBeLessThanOrEqual(1_000);
  });

  it.each([
    ["behind", HOUR_MS],
    ["ahead", -HOUR_MS],
  ])("T3: has met the wall clock again ten hours after it was an hour %s", (_name, jump) => {
    const now = steadyTime(0, times);
    wall += jump;
    for (let seconds = 0; seconds < 36_100; seconds += 1) {
      pass(1_000);
      now();
    }
    expect(Math.abs(now() - wall)).toBeLessThanOrEqual(1);
  });

  it("T3: makes up for a machine that slept, at a tenth of real time", () => {
    const now = steadyTime(0, times);
    wall += 8 * HOUR_MS;
    const before = now();
    pass(100_000);
    expect(now() - before).toBe(110_000);
  });
});

describe("a clock that somebody moves", () => {
  it("counts from the newest batch, without its steps back", () => {
    let moved = 5;
    const now = growing(10, () => moved);
    expect(now()).toBe(10);
    moved = 12.7;
    expect(now()).toBe(12);
    moved = 3;
    expect(now()).toBe(12);
  });
});
