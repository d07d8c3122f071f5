/**
 * What a schema may be made of. Compiling one holds the event loop, and takes time with the square
 * of its keywords in the worst case. Texts such as
 * descriptions cost next to nothing, so they have a bound of their own.
 */
import { ConveyorError, type JsonValue } from "@conveyor-ci/core";
import { patternSize } from "./pattern-size.ts";

/**
 * Subschemas, keywords, and what those list, all counted alike; descriptions are not. Room for what
 * Kubernetes says of a pod; of that size the common kinds take 0.3 s to compile, the worst 1 s.
 */
export const MAX_SCHEMA_PARTS = 5_000;
/** All patterns together, written out: half a second to compile. */
export const MAX_PATTERNS_SIZE = 50_000;
/** The schema as JSON. */
export const MAX_SCHEMA_BYTES = 256 * 1024;

/** Throws `schema_too_large`, which names the bound. */
export function assertSchemaSize(schema: JsonValue): void {
  const sizeBytes = Buffer.byteLength(JSON.stringify(schema));
  if (sizeBytes > MAX_SCHEMA_BYTES) {
    refuse("maxBytes", `takes ${sizeBytes} bytes as JSON, at most ${MAX_SCHEMA_BYTES} are allowed`);
  }
  const parts = countParts(schema);
  if (parts > MAX_SCHEMA_PARTS) {
    const what = "subschemas, keywords and values";
    refuse("maxParts", `has ${parts} ${what}, at most ${MAX_SCHEMA_PARTS} are allowed`);
  }
  const size = patternsSize(schema);
  if (size > MAX_PATTERNS_SIZE) {
    const what = "parts when their repetitions are written out";
    refuse(
      "maxPatterns",
      `has patterns of ${size} ${what}, at most ${MAX_PATTERNS_SIZE} are allowed`,
    );
  }
}

function refuse(rule: string, message: string): never {
  throw schemaTooLarge(rule, message);
}

/** The refusal of a schema of which something is too much. */
export function schemaTooLarge(rule: string, message: string): ConveyorError {
  return new ConveyorError({
    code: "schema_too_large",
    message: `the schema is too large: /schema ${message}`,
    hint: "describe less deeply what only the driver looks at, or make several kinds of it",
    issues: [{ path: "/schema", rule, message }],
  });
}

/** Words for people, of which nothing is compiled. */
const WORDS: ReadonlySet<string> = new Set(["$comment", "description", "title"]);

/** How many parts a schema has. */
export function countParts(value: JsonValue): number {
  let parts = 1;
  if (typeof value !== "object" || value === null) return parts;
  for (const [name, member] of Object.entries<JsonValue>(value)) {
    if (!(typeof member === "string" && WORDS.has(name))) parts += countParts(member);
  }
  return parts;
}

/** The size of all patterns in a schema, wherever they stand. */
function patternsSize(value: JsonValue): number {
  if (typeof value !== "object" || value === null) return 0;
  let size = 0;
  for (const [name, member] of Object.entries<JsonValue>(value)) {
    if (name === "pattern" && typeof member === "string") size += patternSize(member);
    if (name === "patternProperties" && typeof member === "object" && member !== null) {
      for (const pattern of Object.keys(member)) size += patternSize(pattern);
    }
    size += patternsSize(member);
  }
  return size;
}
