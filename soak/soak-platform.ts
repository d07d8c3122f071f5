/** What the platform under soak is made of: two kinds, one of them with a pipeline, and two drivers. */
import type { Client } from "@conveyor-ci/client";

/** `plain` has no pipeline; `piped` goes from one driver to the other and back. */
export const KINDS = ["plain", "piped"] as const;
export type Kind = (typeof KINDS)[number];
export const PIPELINE = "ship";
export const DRIVERS = ["alpha", "beta"] as const;
export type DriverName = (typeof DRIVERS)[number];
export const KINDS_OF: Readonly<Record<DriverName, readonly Kind[]>> = {
  alpha: ["plain", "piped"],
  beta: ["piped"],
};

/** What a handler does; stands in the spec. */
export interface Work {
  /** `hold` waits until it is told to stop, or for `HOLD_MS`. */
  readonly kind: "quick" | "paced" | "burst" | "hold";
  readonly lines: number;
  /** What the handler answers. */
  readonly success: boolean;
}

export const HOLD_MS = 3_000;
/** Between two lines of paced work. */
export const PACE_MS = 50;

/** What a handler sends when all its lines are durable, before it returns. */
export interface HandlerReport {
  readonly run: string;
  readonly fence: number;
  readonly attempt: number;
  readonly step: string;
  /** When it was called, by the shared clock. */
  readonly calledAt: number;
  /** Lines that were acknowledged. */
  readonly lines: number;
}

/** Names in the environment of a soak driver. */
export const SOAK_ENV = { driver: "SOAK_DRIVER", instance: "SOAK_INSTANCE" } as const;

export async function setUpPlatform(client: Client): Promise<void> {
  const schema = {
    type: "object",
    required: ["n", "work"],
    properties: {
      n: { type: "integer" },
      work: {
        type: "object",
        required: ["kind", "lines", "success"],
        properties: {
          kind: { enum: ["quick", "paced", "burst", "hold"] },
          lines: { type: "integer", minimum: 0 },
          success: { type: "boolean" },
        },
        additionalProperties: false,
      },
    },
    additionalProperties: false,
  };
  for (const name of KINDS) await client.definitions.apply({ name, schema });
  await client.pipelines.apply({
    name: PIPELINE,
    resource: "piped",
    events: ["create", "update", "delete"],
    steps: [
      { id: "build", driver: "alpha" },
      { id: "test", driver: "beta" },
      { id: "publish", driver: "alpha" },
    ],
  });
}
