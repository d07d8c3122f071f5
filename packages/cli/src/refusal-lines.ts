/** What the server refused, as a person reads it. */
import type { ApiError } from "@conveyor-ci/client";
import { plainText } from "./plain-text.ts";

/** What was refused and why: a sentence, and below it the issues where it is about several. */
export function refusalLines(error: ApiError): readonly string[] {
  const { summary, issues } = splitIssues(error);
  const request = error.requestId === undefined ? "" : `, request ${error.requestId}`;
  return [`error: ${plainText(summary)} (${error.code}${request})`, ...issues];
}

/** What to do on the command line, by code. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ["run_not_found", "`conveyor get runs` lists them"],
  [
    "resource_not_found",
    "`conveyor get resources` lists them, and `conveyor get KIND` those of one kind",
  ],
  [
    "pipeline_not_found",
    "`conveyor get pipelines` lists them; a document of `kind: Pipeline` makes one",
  ],
  ["driver_not_found", "`conveyor get drivers` lists them"],
  [
    "definition_not_found",
    "`conveyor get definitions` lists the kinds of resources there are; a document of `kind: ResourceDefinition` makes one",
  ],
  [
    "resource_exists",
    "`conveyor apply` changes it; one that is being deleted frees its name at the end, or by `conveyor delete KIND NAME --force`",
  ],
  [
    "resource_deleting",
    "wait for its delete run; if that failed, `conveyor delete KIND NAME` tries again, with --force it does without a run",
  ],
]);

/** A route of the HTTP API, which is no use to somebody at a prompt. */
const ROUTE = /\b(?:GET|POST|PUT|DELETE) \/\w/;

/** What to do: the server's word where it fits a command line, else ours. */
export function refusalHint({ code, hint }: ApiError): string | undefined {
  const own = HINTS.get(code);
  return own !== undefined && (hint === undefined || ROUTE.test(hint)) ? own : hint;
}

/** The sentence of a refusal names its issues too: several stand below it, and are said once. */
function splitIssues({ message, issues }: ApiError): {
  readonly summary: string;
  readonly issues: readonly string[];
} {
  const places = issues.map((issue) => message.indexOf(issue.message)).filter((at) => at >= 0);
  if (issues.length === 1 && places.length === 1 && issues[0]?.path.startsWith("/") === true) {
    return { summary: message, issues: [] };
  }
  const lines = issues.map((issue) => {
    const where = issue.path === "" ? "the whole" : issue.path;
    return `  ${where}: ${plainText(issue.message)} (${issue.rule})`;
  });
  if (places.length !== issues.length || places.length === 0)
    return { summary: message, issues: lines };
  // Up to the first issue, without its path.
  const head = message.slice(0, Math.min(...places)).replace(/(^|[\s:]+)\/\S*\s*$/, "");
  if (/\w \w/.test(head)) return { summary: head, issues: lines };
  const [one] = issues;
  if (one !== undefined && issues.length === 1) {
    return { summary: `${one.path}: ${one.message}`, issues: [] };
  }
  return { summary: head === "" ? "it is not valid" : `${head}: it is not valid`, issues: lines };
}
