import { ApiError } from "@conveyor-ci/client";
import { expect, it } from "vitest";
import { viewFailure } from "./failure.ts";

interface Refusal {
  readonly message: string;
  readonly code?: string;
  readonly hint?: string;
  readonly issues?: readonly (readonly [path: string, message: string])[];
}

function linesOf({
  message,
  code = "invalid_request",
  hint,
  issues = [],
}: Refusal): readonly string[] {
  const error = new ApiError({
    code,
    status: 400,
    message,
    ...(hint === undefined ? {} : { hint }),
    issues: issues.map(([path, text]) => ({ path, rule: "type", message: text })),
  });
  const { exitCode, lines } = viewFailure(error);
  expect(exitCode).toBe(4);
  return lines;
}

it("one issue is said once", () => {
  expect(
    linesOf({ message: "/state must be a text", issues: [["/state", "must be a text"]] }),
  ).toEqual(["error: /state must be a text (invalid_request)"]);
});

it("one issue of a file is said where it stands", () => {
  const message = "app.yaml:1:1: there is no definition bnag";
  const issues = [["app.yaml:2:1 /resource", "there is no definition bnag"]] as const;
  expect(linesOf({ message, issues })).toEqual([
    "error: app.yaml:2:1 /resource: there is no definition bnag (invalid_request)",
  ]);
});

it("several issues stand below what they have in common, each once", () => {
  const message = "app.yaml:1:1: the spec does not match: /spec/a is missing; /spec/b is wrong";
  const issues = [
    ["app.yaml:1:1 /spec/a", "is missing"],
    ["app.yaml:4:3 /spec/b", "is wrong"],
  ] as const;
  expect(linesOf({ message, issues })).toEqual([
    "error: app.yaml:1:1: the spec does not match (invalid_request)",
    "  app.yaml:1:1 /spec/a: is missing (type)",
    "  app.yaml:4:3 /spec/b: is wrong (type)",
  ]);
  const bare = linesOf({ message: "app.yaml:1:1: /spec/a is missing; /spec/b is wrong", issues });
  expect(bare[0]).toBe("error: app.yaml:1:1: it is not valid (invalid_request)");
  expect(bare).toHaveLength(3);
});

it("what is not found comes with where to look", () => {
  expect(linesOf({ message: "there is no run x", code: "run_not_found" })).toEqual([
    "error: there is no run x (run_not_found)",
    "hint: `conveyor get runs` lists them",
  ]);
});

it.each([
  ["definition_not_found", "POST /resource-definitions/apply creates it", "ResourceDefinition"],
  ["pipeline_not_found", "POST /pipelines/ creates it", "Pipeline"],
  ["resource_deleting", "DELETE /resources/app/a tries again", "conveyor delete KIND NAME"],
])("a hint of %s names commands and documents, not routes", (code, hint, says) => {
  const [, line] = linesOf({ message: "no", code, hint });
  expect(line).toContain(says);
  expect(line).toContain("`conveyor ");
  expect(line).not.toContain(" /");
});

it("a hint that names no route stays the server's", () => {
  const hint = "its drivers are tester";
  expect(linesOf({ message: "no", code: "definition_not_found", hint })[1]).toBe(`hint: ${hint}`);
});
