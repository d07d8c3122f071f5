/**
 * Tells those who wait that something was committed. A notice may be lost or come late: whoever
 * waits also looks by itself from time to time.
 */
import type { Change, LogChunk, Run, Topic } from "@conveyor-ci/core";

export type Notice =
  | { readonly kind: "appended"; readonly chunk: LogChunk }
  | { readonly kind: "run"; readonly run: Run }
  | { readonly kind: "queued"; readonly topic: Topic }
  /** What one commit added, in order. */
  | { readonly kind: "feed"; readonly changes: readonly Change[] };

/** What a listener listens to: one run, all queues, or the feed. */
export type Channel = `run:${string}` | "queues" | "feed";

export interface Notifier {
  publish(channel: Channel, notice: Notice): void;
  /** Answers how to stop listening. A listener must not throw, and returns at once. */
  subscribe(channel: Channel, listener: (notice: Notice) => void): () => void;
}
