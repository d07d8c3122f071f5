/** How late the event loop runs what is due: what every request and every frame waits for. */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { headLines, sampleLine } from "./metric-text.ts";

/** How often the loop is looked at; what is measured is this and the delay. */
const RESOLUTION_MS = 10;

const NAME = "conveyor_event_loop_delay_seconds";
const HELP = "How late the event loop ran since the question before; quantile 1 is the longest";

/** Measures from the first question on, between one question and the next. */
export class EventLoopDelay {
  #monitor: IntervalHistogram | undefined;

  lines(): string[] {
    this.#monitor ??= begun();
    const monitor = this.#monitor;
    const quantiles = { "0.5": monitor.percentile(50), "0.99": monitor.percentile(99) };
    const figures = { ...quantiles, "1": monitor.max };
    const isEmpty = monitor.count === 0;
    monitor.reset();
    return [
      ...headLines({ name: NAME, type: "gauge", help: HELP }),
      ...Object.entries(figures).map(([quantile, nanoseconds]) =>
        sampleLine(NAME, isEmpty ? 0 : delayOf(nanoseconds), { quantile }),
      ),
    ];
  }
}

function begun(): IntervalHistogram {
  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  monitor.enable();
  return monitor;
}

function delayOf(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1_000);
}
