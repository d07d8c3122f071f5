/** What decisions depend on beside the records: the validator and the limits. */
import type { Issue } from "./errors.ts";
import type { Definition, JsonValue } from "./nouns/definition.ts";

export interface Limits {
  /** How long leases outlive a connection that closed without a goodbye. */
  readonly disconnectGraceMs: number;
  /** How long leases outlive the last sign of life on an open connection. */
  readonly silenceMs: number;
  /** How long leases outlive the start of a server. */
  readonly startGraceMs: number;
  /** Deliveries after which a lost instance fails the step run. */
  readonly maxDeliveries: number;
  /** How long a handler may go on after it was told to stop. */
  readonly cancelGraceMs: number;
  /** The most a run's log may take. */
  readonly maxRunLogBytes: number;
}

/** The figures of promise P2, P8 and of the log. */
export const DEFAULT_LIMITS: Limits = {
  disconnectGraceMs: 10_000,
  silenceMs: 20_000,
  startGraceMs: 20_000,
  maxDeliveries: 5,
  cancelGraceMs: 10_000,
  maxRunLogBytes: 1024 ** 3,
};

export interface Rules {
  /** Holds a spec against the schema of its definition; no issues: it matches. */
  validateSpec(definition: Definition, spec: JsonValue): readonly Issue[];
  readonly limits: Limits;
}

/** Numbers that only grow, over all batches. A number once given is never given again. */
export interface Numbers {
  nextRunPosition(): number;
  /** For leases and for the epochs of sessions. */
  nextLeaseToken(): number;
}
