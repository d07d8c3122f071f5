import type { JsonValue } from "@conveyor-ci/core";
import type { Static } from "typebox";
import { describe, expect, it } from "vitest";
import type * as answers from "./answers.ts";
import type * as wire from "./wire.ts";

/** With all members read-only at every depth and intersections made one object. */
type Plain<T> = JsonValue extends T
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Plain<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Plain<T[K]> }
      : T;

type Identical<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `true` where a schema and a type say the same; the compiler refuses the test otherwise. */
type Same<Schema extends Parameters<typeof answers.listOf>[0], Wire> = Identical<
  Plain<Static<Schema>>,
  Plain<Wire>
>;

/** A list whose items are that of the schema. */
type ListOf<Schema extends Parameters<typeof answers.listOf>[0]> = ReturnType<
  typeof answers.listOf<Schema>
>;

describe("the schemas of answers and the types of the wire", () => {
  it("cannot differ, in a member, in its type, or in whether it may be left out", () => {
    const same: {
      readonly definition: Same<typeof answers.Definition, wire.WireDefinition>;
      readonly resource: Same<typeof answers.Resource, wire.WireResource>;
      readonly created: Same<typeof answers.Created, wire.WireCreated>;
      readonly pipeline: Same<typeof answers.Pipeline, wire.WirePipeline>;
      readonly run: Same<typeof answers.Run, wire.WireRun>;
      readonly line: Same<typeof answers.LogLine, wire.WireLogLine>;
      readonly driver: Same<typeof answers.Driver, wire.WireDriver>;
      readonly change: Same<typeof answers.Change, wire.WireChange>;
      readonly problem: Same<typeof answers.Problem, wire.WireProblem>;
      readonly list: Same<ListOf<typeof answers.Run>, wire.WireList<wire.WireRun>>;
    } = {
      definition: true,
      resource: true,
      created: true,
      pipeline: true,
      run: true,
      line: true,
      driver: true,
      change: true,
      problem: true,
      list: true,
    };
    expect(Object.values(same)).not.toContain(false);
  });

  it("would be seen to differ", () => {
    const other: {
      readonly member: Identical<Plain<{ a: string }>, Plain<{ a: string; b?: string }>>;
      readonly optional: Identical<Plain<{ a?: string }>, Plain<{ a: string }>>;
    } = { member: false, optional: false };
    expect(Object.values(other)).not.toContain(true);
  });
});
