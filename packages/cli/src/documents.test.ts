import { describe, expect, it } from "vitest";
import { parseDocuments } from "./documents.ts";
import { CommandFailure } from "./failure.ts";

function failureOf(source: string): CommandFailure {
  try {
    parseDocuments("app.yaml", source);
  } catch (error) {
    if (error instanceof CommandFailure) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("documents", () => {
  it("are read from YAML, any number in one file, empty ones left out", () => {
    const source = "---\nkind: Resource\nname: a\n---\n# nothing\n---\nkind: Pipeline\nname: p\n";
    expect(parseDocuments("app.yaml", source)).toMatchObject([
      { kind: "Resource", body: { name: "a" } },
      { kind: "Pipeline", body: { name: "p" } },
    ]);
  });

  it("are read from JSON, one or an array of them", () => {
    expect(parseDocuments("a.json", '{"kind":"Resource","name":"a"}')).toHaveLength(1);
    expect(
      parseDocuments("a.json", '[\n\t{"kind":"Resource"},\n\t{"kind":"Pipeline"}]'),
    ).toHaveLength(2);
  });

  it("say where a rule of the server was broken", () => {
    const [one] = parseDocuments("app.yaml", "kind: Resource\nspec:\n  a/b:\n    - x\n    - y\n");
    expect(one?.locate("/spec/a~1b/1")).toBe("app.yaml:5:7");
    expect(one?.locate("/spec/missing")).toBe("app.yaml:2:1");
    expect(one?.locate("")).toBe("app.yaml:1:1");
  });
});

describe("a file that cannot be used", () => {
  it.each([
    ["an unclosed bracket", "kind: Resource\nspec: [1\n", /^app\.yaml:3:1: /],
    ["a key twice", "kind: Resource\nkind: Pipeline\n", /^app\.yaml:2:1: .*unique/],
    ["broken JSON", '{"kind": "Resource",\n "name" "a"}', /^app\.yaml:2:/],
    ["an unknown tag", "kind: Resource\nspec: !secret a\n", /^app\.yaml:2:7: .*!secret/],
    ["a text", "hello\n", /^app\.yaml:1:1: a document must be an object/],
    ["no kind", "name: a\n", /^app\.yaml:1:1: the document has no kind/],
    ["an unknown kind", "name: a\nkind: Resorce\n", /^app\.yaml:2:1: unknown kind "Resorce"/],
    ["no number of JSON", "kind: Resource\nspec:\n  a: .inf\n", /^app\.yaml:3:3: Infinity/],
  ])("is named with line and column: %s", (_name, source, message) => {
    const failure = failureOf(source);
    expect(failure.message).toMatch(message);
    expect(failure.exitCode).toBe(2);
  });

  it("gets the kind that was meant", () => {
    expect(failureOf("kind: Resorce\n").hint).toBe("did you mean Resource?");
  });
});
