import { ConveyorError, ERRORS, type ErrorCode } from "@conveyor-ci/core";
import { expect, it } from "vitest";
import { refusalOf, viewProblem } from "./problem.ts";

it("every code of the registry makes a problem document with its status and title", () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const problem = viewProblem(refusalOf(new ConveyorError({ code, message: "text" })), "r-1");
    expect(problem).toMatchObject({ code, ...ERRORS[code], detail: "text", error: "text" });
  }
});

it("an error that nobody planned is a bug, and says nothing of itself", () => {
  expect(refusalOf(new Error("secret"))).toMatchObject({ code: "internal_error" });
  expect(JSON.stringify(refusalOf(new Error("secret")))).not.toContain("secret");
});

it("what the framework refuses is never a 5xx", () => {
  expect(refusalOf({ code: "FST_ERR_CTP_BODY_TOO_LARGE", message: "" }).code).toBe(
    "body_too_large",
  );
  expect(refusalOf({ code: "FST_ERR_OTHER", statusCode: 400, message: "x" }).code).toBe(
    "invalid_request",
  );
});
