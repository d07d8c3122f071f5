import { expect, it } from "vitest";
import { createOpenApi } from "./openapi.ts";

it("lines asked for one by one are described one by one, and labels as parameters", () => {
  const { paths } = createOpenApi("1.0.0") as { paths: Record<string, { get: Operation }> };
  const { responses, parameters } = paths["/logs"]!.get;
  const { content } = responses["200"]!;
  expect(content["application/x-ndjson"]?.schema).toEqual({ $ref: "#/components/schemas/LogLine" });
  expect(content["application/json"]?.schema).toEqual({ $ref: "#/components/schemas/LogLines" });
  expect(parameters.find(({ name }) => name === "label.<name>")).toMatchObject({
    style: "form",
    explode: true,
    schema: { type: "object", patternProperties: { "^label\\..": { type: "string" } } },
  });
});

interface Operation {
  readonly parameters: readonly { readonly name: string }[];
  readonly responses: Record<string, { content: Record<string, { schema: object }> }>;
}
