/**
 * Holds every answer that a test gets against the description of the API: its status is one of the
 * route's, its body matches the schema with no field beyond, its code is one that the route names.
 */
import { COMMON_ERRORS, createOpenApi, ROUTES, type Route } from "@conveyor-ci/contract";
import { Ajv } from "ajv";

export interface CheckedAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly mediaType: string;
  readonly text: string;
}

type Json = Readonly<Record<string, unknown>>;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3,9})?Z$/;
/** What may be answered before a route is found. */
const ANYWHERE: ReadonlySet<string> = new Set([...COMMON_ERRORS, "not_found"]);

const ajv = new Ajv({ strict: false, validateSchema: false, allErrors: true });
ajv.addFormat("date-time", TIME);
const description = closed(createOpenApi("test"));
ajv.addSchema(description as object, "openapi");

/** The same schemas, with the fields that they do not name refused. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, closed(member)]);
  const schema = Object.fromEntries(entries) as Json;
  const isOpen = schema["type"] !== "object" || schema["properties"] === undefined;
  return isOpen || "additionalProperties" in schema
    ? schema
    : { ...schema, additionalProperties: false };
}

/** The route that a request is for: the one with the fewest parameters. */
export function routeOf(method: string, path: string): Route | undefined {
  const segments = segmentsOf(path);
  const matching = (ROUTES as readonly Route[]).filter((route) => {
    const pattern = segmentsOf(route.path);
    const isLong = pattern.length === segments.length;
    const isMethod = route.method === method || (method === "HEAD" && route.method === "GET");
    return isMethod && isLong && pattern.every((one, at) => isMatch(one, segments[at] ?? ""));
  });
  return matching.sort((a, b) => a.path.split(":").length - b.path.split(":").length)[0];
}

function segmentsOf(path: string): readonly string[] {
  return path
    .replace(/[?#].*$/, "")
    .replace(/\/$/, "")
    .split("/");
}

function isMatch(pattern: string, segment: string): boolean {
  return pattern === segment || (pattern.startsWith(":") && segment !== "");
}

/** Throws with all that is wrong. */
export function checkAnswer(answer: CheckedAnswer): void {
  const route = routeOf(answer.method, answer.path);
  const problems = answer.status < 400 ? checkSuccess(answer, route) : checkProblem(answer, route);
  if (problems.length === 0) return;
  const subject = `${answer.method} ${answer.path} answered ${answer.status}`;
  throw new Error(`${subject}, which is not as described: ${problems.join("; ")}\n${answer.text}`);
}

function checkSuccess(answer: CheckedAnswer, route: Route | undefined): readonly string[] {
  const { method, status, mediaType, text } = answer;
  if (method === "OPTIONS" || route === undefined) return [];
  if (route.answers[status] === undefined) return [`status ${status} is not described`];
  if (method === "HEAD" || text === "") return [];
  if (mediaType === "application/json") return mismatches(schemaOf(route, status), text);
  if (mediaType === "application/x-ndjson") {
    return text
      .trimEnd()
      .split("\n")
      .flatMap((line) => mismatches(component("LogLine"), line));
  }
  return mediaType === "text/event-stream" ? checkEvents(route, text) : [];
}

/** Lines and changes are data of events without a name; the end of a log has one. */
function checkEvents(route: Route, text: string): readonly string[] {
  const item = component(route.id === "readChanges" ? "Change" : "LogLine");
  const events = text.split("\n\n").filter((event) => /^data: /m.test(event));
  return events
    .filter((event) => !/^event: /m.test(event))
    .flatMap((event) => mismatches(item, /^data: (.*)$/m.exec(event)?.[1] ?? ""));
}

function checkProblem(answer: CheckedAnswer, route: Route | undefined): readonly string[] {
  if (answer.method === "HEAD") return [];
  if (answer.mediaType !== "application/problem+json") return [`it is ${answer.mediaType}`];
  const wrong = mismatches(component("Problem"), answer.text);
  const { code, status } = JSON.parse(answer.text) as { code: string; status: number };
  const isNamed = ANYWHERE.has(code) || route?.errors.includes(code as never) === true;
  return [
    ...wrong,
    ...(status === answer.status ? [] : [`its document says ${status}`]),
    ...(isNamed || route === undefined ? [] : [`${route.id} does not name ${code}`]),
  ];
}

function component(name: string): string {
  return `openapi#/components/schemas/${name}`;
}

function schemaOf(route: Route, status: number): string {
  const path = route.path.replace(/:([a-z]+)/gi, "{$1}").replaceAll("/", "~1");
  const at = encodeURI(`${path}/${route.method.toLowerCase()}/responses/${status}`);
  return `openapi#/paths/${at}/content/application~1json/schema`;
}

function mismatches($ref: string, text: string): readonly string[] {
  const validate = ajv.getSchema($ref) ?? ajv.compile({ $ref });
  if (validate(JSON.parse(text)) === true) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
