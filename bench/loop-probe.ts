/**
 * Loaded into a server before its own code (`node --import`): measures how late its event loop runs,
 * and answers when the measurement asks.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { LoopDelay } from "./side.ts";

/** How often it looks. What the histogram holds is the whole time from look to look. */
const RESOLUTION_MS = 2;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

const toMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);

process.on("message", () => {
  const answer: LoopDelay = { p99Ms: toMs(delay.percentile(99)), maxMs: toMs(delay.max) };
  delay.reset();
  process.send?.(answer);
});
// It must not keep a server alive that wants to end.
process.channel?.unref();
