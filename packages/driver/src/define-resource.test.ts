import type { JsonValue } from "@conveyor-ci/core";
import { Type } from "typebox";
import { describe, expect, expectTypeOf, it } from "vitest";
import { defineDriver, defineResource, type SpecOf } from "./index.ts";

const app = defineResource({
  name: "app",
  schema: {
    type: "object",
    properties: {
      image: { type: "string" },
      replicas: { type: "integer" },
      tier: { enum: ["web", "batch"] },
      env: { type: "object", additionalProperties: { type: "string" } },
      ports: { type: "array", items: { type: "object", properties: { n: { type: "number" } } } },
    },
    required: ["image"],
  },
});

interface AppSpec {
  readonly image: string;
  readonly replicas?: number;
  readonly tier?: "web" | "batch";
  readonly env?: { readonly [key: string]: string };
  readonly ports?: readonly { readonly n?: number }[];
}

describe("a resource definition", () => {
  it("gives reconcile the type of the spec", () => {
    const driver = defineDriver({
      name: "builder",
      resources: [app],
      reconcile({ resource }) {
        expectTypeOf(resource.spec).toEqualTypeOf<AppSpec>();
        expectTypeOf(resource.resource).toEqualTypeOf<"app">();
        return { success: true };
      },
    });
    expect(driver.resources).toEqual(["app"]);
  });

  it("tells kinds apart by their names", () => {
    defineDriver({
      name: "builder",
      resources: [app, "other"],
      reconcile({ resource }) {
        if (resource.resource === "app") expectTypeOf(resource.spec.image).toEqualTypeOf<string>();
        else expectTypeOf(resource.spec).toEqualTypeOf<JsonValue>();
        return { success: true };
      },
    });
    expect(Object.isFrozen(app)).toBe(true);
  });

  it("reads the type of TypeBox schemas as well", () => {
    const schema = Type.Object({
      image: Type.String(),
      replicas: Type.Optional(Type.Integer()),
      tags: Type.Array(Type.Union([Type.Literal("a"), Type.Literal("b")])),
    });
    const typed = defineResource({ name: "app", schema });
    type Spec = NonNullable<typeof typed.spec>;
    expectTypeOf<Spec["image"]>().toEqualTypeOf<string>();
    expectTypeOf<Spec["replicas"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Spec["tags"]>().toEqualTypeOf<readonly ("a" | "b")[]>();
    expect(typed.name).toBe("app");
  });

  it("says unknown where the schema says nothing", () => {
    expectTypeOf<SpecOf<{ readonly $ref: "#/x" }>>().toEqualTypeOf<unknown>();
    expectTypeOf<SpecOf<{ readonly type: readonly ["string", "null"] }>>().toEqualTypeOf<
      string | null
    >();
    expectTypeOf<SpecOf<{ readonly type: string }>>().toEqualTypeOf<unknown>();
  });
});
