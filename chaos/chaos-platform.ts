/** What the platform under chaos is made of: two kinds, one of them with a pipeline, two drivers. */
import type { Client } from "@conveyor-ci/client";

/** `plain` has no pipeline: both drivers listen. `piped` goes from one to the other and back. */
export const KINDS = { plain: "plain", piped: "piped" } as const;
export const DRIVERS = ["alpha", "beta"] as const;
export const PIPELINE = "there-and-back";
export const CONCURRENCY = 10;

/** Names in the environment of a chaos driver. */
export const CHAOS_ENV = {
  driver: "CHAOS_DRIVER",
  instance: "CHAOS_INSTANCE",
  concurrency: "CHAOS_CONCURRENCY",
  seed: "CHAOS_SEED",
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
      { id: "out", driver: "alpha" },
      { id: "over", driver: "beta" },
      { id: "back", driver: "alpha" },
    ],
  });
}
