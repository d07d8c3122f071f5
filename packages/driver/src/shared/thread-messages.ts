/**
 * What the two threads of a driver instance tell each other. Messages of one thread arrive in the
 * order in which they were sent.
 */
import type { HelloFrame } from "@conveyor-ci/contract";
import type { CancelReason } from "@conveyor-ci/core";

/** What the worker is started with. */
export interface WorkerSetup {
  /** The WebSocket address. */
  readonly url: string;
  /** The server's address as the user gave it, for notices. */
  readonly server: string;
  /** Sent with each upgrade. */
  readonly headers: Readonly<Record<string, string>>;
  readonly hello: Omit<HelloFrame, "leases">;
  readonly counters: SharedArrayBuffer;
  readonly spoolBytes: number;
}

export type ToWorker =
  /** Lines wait in the channel. */
  | { readonly kind: "wake" }
  /** The channel goes on in this segment. */
  | { readonly kind: "segment"; readonly memory: SharedArrayBuffer }
  /** The lease's last word, as the text of its frame. */
  | { readonly kind: "result"; readonly lease: number; readonly text: string }
  /** Asks for `flushed` when `lines` lines of the lease are durable. */
  | { readonly kind: "flush"; readonly lease: number; readonly lines: number; readonly id: number }
  /** No new leases. */
  | { readonly kind: "draining" }
  /** Deliver what results there are within `withinMs`, say goodbye, and answer `stopped`. */
  | { readonly kind: "stop"; readonly withinMs: number };

export type FromWorker =
  /** A new lease, as the text of its frame. */
  | { readonly kind: "assign"; readonly text: string }
  | { readonly kind: "cancel"; readonly lease: number; readonly reason: CancelReason }
  | { readonly kind: "lost"; readonly lease: number; readonly message: string }
  | { readonly kind: "flushed"; readonly id: number; readonly durable: boolean }
  /** The spool has room again. */
  | { readonly kind: "room" }
  | { readonly kind: "notice"; readonly message: string }
  | { readonly kind: "fatal"; readonly code: string; readonly message: string }
  | { readonly kind: "stopped"; readonly undelivered: number };
