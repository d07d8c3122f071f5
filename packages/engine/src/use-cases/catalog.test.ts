import { DEFAULT_LIMITS, type DefinitionContent } from "@conveyor-ci/core";
import { describe, expect, it } from "vitest";
import { MAX_SCHEMA_PARTS } from "../schema/schema-size.ts";
import { createWorld, me } from "../testing/world.ts";

/** More than a schema may have. */
const content: DefinitionContent = {
  name: "large",
  description: null,
  version: null,
  schema: { enum: Array.from({ length: MAX_SCHEMA_PARTS }, (_, index) => index) },
};

describe("a definition that was stored before a bound came", () => {
  it("can be applied as it is, and not be given another schema beyond the bound", async () => {
    const { engine, storage } = await createWorld();
    await expect(engine.createDefinition(me, content, "apply")).rejects.toMatchObject({
      code: "schema_too_large",
    });
    const command = { kind: "createDefinition", ns: "default", actor: "earlier" } as const;
    await storage.batch([{ ...command, id: "1", content, mode: "create" }], {
      validateSpec: () => [],
      limits: DEFAULT_LIMITS,
    });
    const again = await engine.createDefinition(me, content, "apply");
    expect(again.outcome).toBe("unchanged");
    const described = await engine.createDefinition(me, { ...content, description: "d" }, "apply");
    expect(described.outcome).toBe("changed");
    const other = {
      ...content,
      schema: { ...(content.schema as object), title: "t", type: "null" },
    };
    await expect(engine.createDefinition(me, other, "apply")).rejects.toMatchObject({
      code: "schema_too_large",
    });
  });
});
