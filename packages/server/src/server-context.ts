/** What handlers of requests and connections share. */
import type { Limits } from "@conveyor-ci/core";
import type { Clock, Engine } from "@conveyor-ci/engine";
import type { Authenticate, ServerLogger } from "./control-plane-options.ts";
import type { OriginGate } from "./http/origin.ts";
import type { Metrics } from "./metrics/metrics.ts";

export interface ServerContext {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly gate: OriginGate;
  readonly authenticate: Authenticate | null;
  readonly logger: ServerLogger;
  readonly metrics: Metrics;
  readonly limits: Limits;
  readonly helloWithinMs: number;
  /** Aborts when the server begins to stop. */
  readonly stopping: AbortSignal;
}
