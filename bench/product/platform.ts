/** What is set up on the product before it is measured: two kinds, one of them with a pipeline. */

export const DRIVER = "bench";
export const KINDS = { plain: "plain", piped: "piped" } as const;

export const PIPELINE = "release";

/** Step runs the driver works on at once: all that the load keeps in flight. */
export const CONCURRENCY = 64;

/** As users write them: typed, closed, with a few rules to be held against every spec. */
const SCHEMA = {
  type: "object",
  required: ["workload"],
  properties: {
    workload: {
      type: "object",
      required: ["do"],
      properties: {
        do: { enum: ["nothing", "fail", "log", "report", "lines", "pacedLines", "untilAborted"] },
        lines: { type: "integer", minimum: 1 },
        perSecond: { type: "number", exclusiveMinimum: 0 },
      },
      additionalProperties: false,
    },
    image: { type: "string", minLength: 1 },
    command: { type: "array", items: { type: "string" } },
  },
  additionalProperties: false,
};

export const STEPS = ["build", "test", "publish"].map((id) => ({ id, driver: DRIVER }));

export async function setUpPlatform(server: string): Promise<void> {
  for (const name of Object.values(KINDS)) {
    await post(`${server}/resource-definitions/`, { name, schema: SCHEMA });
  }
  await post(`${server}/pipelines/`, { name: PIPELINE, resource: KINDS.piped, steps: STEPS });
}

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(`${url}: ${await response.text()}`);
}
