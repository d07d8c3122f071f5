/** Requests generated from an OpenAPI document: valid ones, and ones with something wrong. */
import fc from "fast-check";
import { type Headers, headers } from "./headers.ts";
import { rarely } from "./rarely.ts";
import { BODY_FORMS, type BodyForm } from "./sent-body.ts";
import {
  type Json,
  type KnownWords,
  mutationsOf,
  type Schema,
  textsFrom,
  valuesOf,
} from "./values.ts";

export interface GeneratedRequest {
  readonly method: string;
  /** Percent-encoded; `RUN` stands for the id of a run that exists. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: string | null;
  readonly form: BodyForm;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, Schema>>;
  readonly body: Schema | null;
}

const METHODS = [
  ...["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
  ...["TRACE", "PROPFIND", "LOCK", "M-SEARCH"],
];

const ODD_SEGMENTS = [
  "%00",
  "%ff",
  "%",
  "%2e%2e%2f",
  "..",
  ".",
  "%2e%2e",
  "%252e%252e%252f",
  "..%5c..%5c",
  "..;",
  "%2Fetc%2Fpasswd",
  "%c0%ae%c0%ae",
  "%ed%a0%80",
  "%E2%80%AE",
  "%0d%0aset-cookie:%20x",
  "one%2f",
  "one%00.json",
  "one;version=1",
  "*",
  "__proto__",
  "constructor",
  "a%20b",
  "%F0%9F%92%A9",
  "x".repeat(300),
  "x".repeat(1_500),
  "",
];

export function requestsOf(openApi: Json, known: KnownWords): fc.Arbitrary<GeneratedRequest> {
  return fc
    .constantFrom(...operationsOf(openApi))
    .chain((operation) => requestsTo(operation, known));
}

function operationsOf(openApi: Json): readonly Operation[] {
  const operations: Operation[] = [];
  for (const [path, methods] of Object.entries<Json>(openApi.paths)) {
    for (const [method, { parameters, requestBody }] of Object.entries<Json>(methods)) {
      const query = (parameters as Json[]).filter((parameter) => parameter.in === "query");
      operations.push({
        method: method.toUpperCase(),
        path,
        query: Object.fromEntries(query.map(({ name, schema }) => [name, schema])),
        body: requestBody?.content["application/json"].schema ?? null,
      });
    }
  }
  return operations;
}

function requestsTo(operation: Operation, known: KnownWords): fc.Arbitrary<GeneratedRequest> {
  return fc.record({
    method: rarely(operation.method, ...METHODS),
    path: fc
      .tuple(pathsOf(operation.path, known), queriesOf(operation.query, known))
      .map((parts) => parts.join("")),
    headers: headers(operation.body !== null),
    body: bodiesOf(operation.body, known),
    form: BODY_FORMS,
  });
}

function pathsOf(path: string, known: KnownWords): fc.Arbitrary<string> {
  const segments = path
    .split("/")
    .slice(1)
    .map((segment) => {
      const name = /^\{(.*)\}$/.exec(segment)?.[1];
      if (name === undefined) return fc.constant(segment);
      const words = (known[name] ?? ["1"]).map(String);
      return fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...words) },
        { weight: 1, arbitrary: fc.constantFrom(...ODD_SEGMENTS) },
      );
    });
  const end = rarely("", "/", "//", "/x");
  return fc.tuple(fc.tuple(...segments), end).map(([parts, last]) => `/${parts.join("/")}${last}`);
}

function queriesOf(
  schemas: Readonly<Record<string, Schema>>,
  known: KnownWords,
): fc.Arbitrary<string> {
  const entries = Object.entries(schemas).map(([name, schema]) => {
    const good = valuesOf({ ...schema }, known);
    const words = known[name] ?? [];
    const value = fc.oneof(
      good,
      ...(words.length === 0 ? [] : [fc.constantFrom(...words)]),
      fc.constantFrom(
        "",
        "0",
        "-1",
        "1e3",
        "99999999999999999999",
        "\u0000",
        "a b",
        "__proto__",
        "WyJydW5zIiwtMV0",
      ),
    );
    return value.map((one) => {
      const text = typeof one === "string" ? one : (JSON.stringify(one) ?? "");
      return `${name}=${encode(text)}`;
    });
  });
  const odd = [
    "__proto__=1",
    "limit=1&limit=2",
    "limt=3",
    "label.a=b",
    "label.=b",
    "a[b]=c",
    "%ff=1",
    "limit=%31",
    "limit=1;limit=2",
    "limit=1&limit=x&limit=1",
    "cursor=%00",
    "cursor=e30",
    "after=1&after=2",
    "limit[]=1",
    "limit[constructor]=1",
    "q=%ed%a0%80",
    `q=${"%f0%9f%92%a9".repeat(500)}`,
    "selector=a%3Db%2Ca%3Dc",
    "selector=%2C%3D",
    "?",
    "=",
    "&&",
  ];
  const one = entries.length === 0 ? fc.constant("") : fc.oneof(...entries);
  return fc
    .tuple(fc.array(one, { maxLength: 3 }), rarely("", ...odd), fc.nat(9))
    .map(([parts, wrong, usual]) => {
      const text = [...(usual < 6 ? parts.slice(0, usual % 3) : []), wrong]
        .filter(Boolean)
        .join("&");
      return text === "" ? "" : `?${text}`;
    });
}

/** As a browser does it; what has no UTF-8 becomes U+FFFD. */
function encode(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd"));
}

function bodiesOf(schema: Schema | null, known: KnownWords): fc.Arbitrary<string | null> {
  if (schema === null) return rarely<string | null>(null, "{}", "{", "x", "");
  const good = valuesOf(schema, known);
  return fc.oneof(
    { weight: 4, arbitrary: good.map((value) => JSON.stringify(value)) },
    { weight: 5, arbitrary: textsFrom(mutationsOf(good)) },
    { weight: 1, arbitrary: fc.constant(null) },
  );
}
