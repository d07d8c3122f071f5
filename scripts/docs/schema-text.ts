/** Says in a few words what a JSON Schema of the contract allows. */
import { NAME_PATTERN } from "@conveyor-ci/core";

/** As much of a JSON Schema as the contract uses. */
export interface Schema {
  readonly $id?: string;
  readonly type?: string;
  readonly format?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly pattern?: string;
  readonly not?: { readonly enum: readonly string[] };
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Such as `text`, `"create" or "update"`, `list of names`. */
export function typeText(schema: Schema): string {
  if (schema.$id !== undefined) return `\`${schema.$id}\``;
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeText))].join(" or ");
  if (schema.pattern === NAME_PATTERN) return "name";
  switch (schema.type) {
    case "string":
      return schema.format === "date-time" ? "time" : "text";
    case "integer":
      return `whole number${rangeText(schema)}`;
    case "array":
      return `list of ${typeText(schema.items ?? {})}`;
    case "object":
      return objectText(schema);
    case undefined:
      return "any JSON";
    default:
      return schema.type;
  }
}

function objectText({ properties, patternProperties, additionalProperties }: Schema): string {
  if (properties !== undefined && Object.keys(properties).length > 0) {
    return `{ ${Object.keys(properties).join(", ")} }`;
  }
  const value =
    Object.values(patternProperties ?? {})[0] ??
    (typeof additionalProperties === "object" ? additionalProperties : undefined);
  return value === undefined ? "object" : `object of ${typeText(value)}`;
}

function rangeText({ minimum, maximum }: Schema): string {
  const top = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (minimum === undefined && top === undefined) return "";
  if (top === undefined) return ` from ${minimum}`;
  return ` ${minimum ?? 0} to ${top}`;
}

/** Bounds and description of a value, for the last column. */
function noteText(schema: Schema): string {
  const notes: string[] = [];
  if (schema.description !== undefined && schema.pattern !== NAME_PATTERN) {
    notes.push(schema.description);
  }
  if (schema.not !== undefined) notes.push(`not ${schema.not.enum.join(" or ")}`);
  if (schema.default !== undefined) notes.push(`default ${JSON.stringify(schema.default)}`);
  if (schema.maxLength !== undefined) notes.push(`at most ${schema.maxLength} characters`);
  if (schema.minItems !== undefined) notes.push(`at least ${schema.minItems}`);
  if (schema.maxItems !== undefined) notes.push(`at most ${schema.maxItems}`);
  return notes.join("; ");
}

/** A table of an object's members; those of objects and lists below follow with their path. */
export function membersTable(schema: Schema): string {
  const rows = memberRows(schema, "");
  if (rows.length === 0) return "";
  return ["| member | type | |", "|---|---|---|", ...rows].join("\n");
}

function memberRows(schema: Schema, prefix: string): string[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = `${prefix}${name}`;
    const need = required.has(name) ? "" : ", optional";
    const row = `| \`${path}\` | ${cell(typeText(member))}${need} | ${cell(noteText(member))} |`;
    const items = member.items?.$id === undefined ? (member.items ?? {}) : {};
    return [row, ...memberRows(member, `${path}.`), ...memberRows(items, `${path}[].`)];
  });
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
