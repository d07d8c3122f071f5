/**
 * `uniqueItems` in a time that grows with the items and not with their square, as it does where each
 * is compared with each.
 */
import type { JsonValue } from "@conveyor-ci/core";
import type { Ajv } from "ajv";
import type { DataValidateFunction } from "ajv/dist/types/index.js";
import { spend } from "./cost.ts";

/** Takes the place of Ajv's own. */
export function replaceUniqueItems(ajv: Pick<Ajv, "addKeyword" | "removeKeyword">): void {
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    errors: true,
    compile: (isUnique: boolean) => (isUnique ? hasUniqueItems : () => true),
  });
}

const hasUniqueItems: DataValidateFunction = (items: readonly JsonValue[]) => {
  const seen = new Map<string, number>();
  for (const [i, item] of items.entries()) {
    const text = canonicalText(item);
    const j = seen.get(text);
    if (j !== undefined) {
      const message = `must NOT have duplicate items (items ## ${j} and ${i} are identical)`;
      hasUniqueItems.errors = [{ keyword: "uniqueItems", params: { i, j }, message }];
      return false;
    }
    seen.set(text, i);
  }
  return true;
};

/** The same for values that are equal, whatever the order of their members. */
function canonicalText(value: JsonValue): string {
  spend(1);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, of]) => `${JSON.stringify(name)}:${canonicalText(of)}`).join()}}`;
}
