/** What the platform under chaos is made of: two kinds, one of them with a pipeline, two drivers. */
import type { Client } from "@conveyor-ci/client";

/** `plain` has no pipeline: both drivers listen. `piped` goes from one to the other and back. */
export const KINDS = { plain: "plain", piped: "piped" } as const;
export const DRIVERS = ["alpha", "beta"] as const;
export const PIPELINE = "there-and-back";
export const CONCURRENCY = 10;
/** Longer than any attempt takes, shorter than any jump of the clock. */
const STEP_TIMEOUT = "10m";

/** Names in the environment of a chaos driver. */
export const CHAOS_ENV = {
  driver: "CHAOS_DRIVER",
  instance: "CHAOS_INSTANCE",
  concurrency: "CHAOS_CONCURRENCY",
  seed: "CHAOS_SEED",
  longestMs: "CHAOS_LONGEST_MS",
  journals: "CHAOS_JOURNALS",
} as const;

export async function setUpPlatform(client: Client): Promise<void> {
  const schema = {
    type: "object",
    required: ["n"],
    properties: { n: { type: "integer" } },
    additionalProperties: false,
  };
  for (const name of Object.values(KINDS)) await client.definitions.apply({ name, schema });
  await client.pipelines.apply({
    name: PIPELINE,
    resource: KINDS.piped,
    steps: [
      { id: "out", driver: "alpha", timeout: STEP_TIMEOUT },
      { id: "over", driver: "beta", timeout: STEP_TIMEOUT },
      { id: "back", driver: "alpha", timeout: STEP_TIMEOUT },
    ],
  });
}
