/**
 * Finds schemas that would never come to an end: a `$ref` that leads back to itself while still
 * looking at the same value. Going down into a property or an item ends, because values do.
 */
import { type JsonObject, type JsonValue, ownOf } from "@conveyor-ci/core";

/** Keywords whose subschemas look at the same value. */
const IN_PLACE_LISTS = ["allOf", "anyOf", "oneOf"];
const IN_PLACE_ONES = ["not", "if", "then", "else"];
const IN_PLACE_MAPS = ["dependentSchemas", "dependencies"];

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The place that a JSON Pointer or an anchor names within the schema. */
function resolve(root: JsonObject, ref: string): JsonValue | undefined {
  if (ref === "#" || ref === "") return root;
  if (!ref.startsWith("#/"))
    return ref.startsWith("#") ? findAnchor(root, ref.slice(1)) : undefined;
  let at: JsonValue | undefined = root;
  for (const part of ref.slice(2).split("/")) {
    const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    at = isObject(at) || Array.isArray(at) ? ownOf(at as JsonObject, name) : undefined;
  }
  return at;
}

function findAnchor(value: JsonValue, anchor: string): JsonValue | undefined {
  if (isObject(value) && (value.$anchor === anchor || value.$dynamicAnchor === anchor))
    return value;
  if (typeof value !== "object" || value === null) return undefined;
  for (const child of Object.values(value)) {
    const found = findAnchor(child, anchor);
    if (found !== undefined) return found;
  }
  return undefined;
}

function inPlace(root: JsonObject, schema: JsonObject): readonly (JsonValue | undefined)[] {
  const next: (JsonValue | undefined)[] = [];
  for (const name of ["$ref", "$dynamicRef", "$recursiveRef"]) {
    const ref = schema[name];
    if (typeof ref === "string") next.push(resolve(root, ref));
  }
  for (const name of IN_PLACE_LISTS) {
    const list = schema[name];
    if (Array.isArray(list)) next.push(...(list as readonly JsonValue[]));
  }
  for (const name of IN_PLACE_ONES) next.push(schema[name]);
  for (const name of IN_PLACE_MAPS) {
    const map = schema[name];
    if (isObject(map)) next.push(...Object.values(map));
  }
  return next;
}

/** Whether some value would be held against the same part of the schema again and again. */
export function isEndless(root: JsonValue): boolean {
  if (!isObject(root)) return false;
  const done = new Set<JsonObject>();
  const path = new Set<JsonObject>();
  const leadsBack = (schema: JsonValue | undefined): boolean => {
    if (!isObject(schema) || done.has(schema)) return false;
    if (path.has(schema)) return true;
    path.add(schema);
    const found = inPlace(root, schema).some(leadsBack);
    path.delete(schema);
    done.add(schema);
    return found;
  };
  const everywhere = (value: JsonValue): boolean => {
    if (typeof value !== "object" || value === null) return false;
    if (isObject(value) && leadsBack(value)) return true;
    return Object.values(value).some((child) => everywhere(child));
  };
  return everywhere(root);
}
