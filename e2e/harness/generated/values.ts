/** Values that a JSON Schema describes, and values that somebody mistyped, for fast-check. */
import fc from "fast-check";

export type Json = ReturnType<typeof JSON.parse>;
export type Schema = Readonly<Record<string, Json>>;

/** Words for the members and parameters of these names, so that requests find something. */
export type KnownWords = Readonly<Record<string, readonly (string | number)[]>>;

const MAX_ITEMS = 3;

/** Values that match a schema; what it leaves open is any JSON value. */
export function valuesOf(schema: Schema, known: KnownWords = {}): fc.Arbitrary<Json> {
  if (Array.isArray(schema["enum"])) return fc.constantFrom(...schema["enum"]);
  if (schema["const"] !== undefined) return fc.constant(schema["const"]);
  if (Array.isArray(schema["anyOf"])) {
    return fc.oneof(...(schema["anyOf"] as Schema[]).map((branch) => valuesOf(branch, known)));
  }
  switch (schema["type"]) {
    case "object":
      return objectsOf(schema, known);
    case "array":
      return fc.array(valuesOf((schema["items"] ?? {}) as Schema, known), {
        minLength: Number(schema["minItems"] ?? 0),
        maxLength: Math.max(MAX_ITEMS, Number(schema["minItems"] ?? 0)),
      });
    case "string":
      return textsOf(schema);
    case "integer":
      return fc.integer({ min: Number(schema["minimum"] ?? -5), max: topOf(schema) });
    case "number":
      return fc.double({ min: Number(schema["minimum"] ?? -5), max: 1e6, noNaN: true });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function topOf(schema: Schema): number {
  return Math.min(Number(schema["maximum"] ?? 1_000), 1_000);
}

function textsOf(schema: Schema): fc.Arbitrary<string> {
  if (typeof schema["pattern"] === "string") {
    return fc.stringMatching(new RegExp(schema["pattern"])).map((text) => text.slice(0, 253));
  }
  const minLength = Number(schema["minLength"] ?? 0);
  return fc.string({ minLength, maxLength: Math.min(Number(schema["maxLength"] ?? 20), 20) });
}

function objectsOf(schema: Schema, known: KnownWords): fc.Arbitrary<Json> {
  const properties = (schema["properties"] ?? {}) as Readonly<Record<string, Schema>>;
  const required = (schema["required"] ?? []) as string[];
  const members = Object.entries(properties).map(([name, member]) => {
    const values = valuesOf(member, known);
    const words = Object.hasOwn(known, name) ? (known[name] ?? []) : [];
    if (words.length === 0) return [name, values] as const;
    return [name, fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, values)] as const;
  });
  const named = fc.record(Object.fromEntries(members), { requiredKeys: required });
  const rest = schema["additionalProperties"] as Schema | boolean | undefined;
  if (typeof rest !== "object") return named;
  const names = fc.string({ minLength: 1, maxLength: 8 });
  return fc
    .tuple(named, fc.dictionary(names, valuesOf(rest, known), { maxKeys: MAX_ITEMS }))
    .map(([own, more]) => ({ ...more, ...own }));
}

const DEEP = JSON.parse(`${"[".repeat(120)}${"]".repeat(120)}`);

/** What people and programs send by mistake or on purpose. */
export const ODD_VALUES: fc.Arbitrary<Json> = fc.constantFrom<Json[]>(
  null,
  true,
  -1,
  0,
  1.5,
  -0,
  2 ** 53,
  -(2 ** 53),
  2 ** 53 - 1,
  2 ** 31,
  -1e308,
  5e-324,
  "",
  " ",
  "\u0000",
  "\ud800",
  "\udfff\ud800",
  "\ufeff",
  "\ufffe",
  "\u202e",
  "\u2028",
  "e\u0301",
  "\u0085",
  "\n",
  "'; DROP TABLE run; --",
  "${jndi:x}",
  "%00",
  "__proto__",
  "constructor",
  "../x",
  "*",
  "a".repeat(300),
  "ü".repeat(70_000),
  [],
  [[]],
  Array.from({ length: 2_000 }, () => null),
  {},
  Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`name${index}`, index])),
  JSON.parse('{"__proto__":{"x":1},"constructor":{"prototype":1}}'),
  DEEP,
);

/** Names of members that no schema expects. */
const ODD_NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty", "", "\u0000", "x/y~z"];

interface Change {
  readonly at: number;
  readonly how: "replace" | "drop" | "add";
  readonly value: Json;
  readonly name: string;
}

/** Values with one to three things wrong with them. */
export function mutationsOf(values: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const change: fc.Arbitrary<Change> = fc.record({
    at: fc.nat(40),
    how: fc.constantFrom("replace", "drop", "add"),
    value: ODD_VALUES,
    name: fc.constantFrom(...ODD_NAMES),
  });
  return fc
    .tuple(values, fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([value, changes]) => changes.reduce(changed, value));
}

/** Changes the n-th place of a value, counted from its root in the order of its members. */
function changed(value: Json, change: Change): Json {
  let left = change.at % Math.max(1, placesIn(value));
  const visit = (place: Json): Json => {
    if (left === 0) {
      left -= 1;
      return change.how === "add" ? withMember(place, change) : change.value;
    }
    left -= 1;
    if (Array.isArray(place)) return place.map(visit);
    if (typeof place !== "object" || place === null) return place;
    const entries = Object.entries(place).flatMap(([name, member]) => {
      const isDropped = left === 0 && change.how === "drop";
      const next = visit(member);
      return isDropped ? [] : [[name, next] as const];
    });
    return Object.fromEntries(entries);
  };
  return visit(value);
}

function placesIn(value: Json): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, member) => sum + placesIn(member), 1);
}

function withMember(place: Json, { name, value }: Change): Json {
  if (Array.isArray(place)) return [...place, value];
  if (typeof place !== "object" || place === null) return value;
  return Object.fromEntries([...Object.entries(place), [name, value]]);
}

/** Texts of values as they are sent, some of them no longer JSON. */
export function textsFrom(values: fc.Arbitrary<Json>): fc.Arbitrary<string> {
  const good = values.map((value) => JSON.stringify(value));
  return fc.oneof(
    { weight: 8, arbitrary: good },
    { weight: 1, arbitrary: fc.tuple(good, fc.nat(200)).map(([text, at]) => text.slice(0, at)) },
    { weight: 1, arbitrary: good.map((text) => text.replace(/^\{/, '{"name":"a","name":"b",')) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "",
        "null",
        "[]",
        "{",
        "'",
        "\u0000",
        "\ufeff{}",
        "[".repeat(100_000),
        '{"a":'.repeat(5_000),
        '{"spec":123456789012345678901234567890}',
        '{"spec":1e999}',
        '{"spec":-1e999}',
        '{"spec":1e-999}',
        '{"spec":9007199254740993}',
        '{"spec":0.1e+16}',
        '{"spec":00}',
        '{"spec":.5}',
        '{"spec":NaN}',
        '{"spec":"\\ud800"}',
        '{"spec":"\\x"}',
        '{"spec":"\t"}',
        '{"spec":1,}',
        '{"spec":1}{"spec":1}',
        '{"spec":1} x',
        "\u00a0{}",
        `{"spec":${" ".repeat(100_000)}1}`,
        `{"name":"${"x".repeat(1_000_000)}"}`,
        `{${'"a":1,'.repeat(20_000)}"b":1}`,
        `[${"1,".repeat(200_000)}1]`,
      ),
    },
  );
}
