/** The values of a query string, which arrives as text. */

interface QuerySchema {
  readonly properties?: Readonly<Record<string, { readonly type?: unknown }>>;
}

const DECIMAL = /^[0-9]+$/;

/** The query with the numbers and booleans that its schema names; other texts stay for the refusal. */
export function typedQuery(schema: QuerySchema, query: unknown): unknown {
  const typed: Record<string, unknown> = { ...(query as object) };
  for (const [name, { type }] of Object.entries(schema.properties ?? {})) {
    const value = Object.hasOwn(typed, name) ? typed[name] : undefined;
    if (typeof value === "string") typed[name] = valueOf(value, type);
  }
  return typed;
}

function valueOf(text: string, type: unknown): unknown {
  // Digits and nothing else: nobody means `1e3`, `0x10` or ` 5`.
  if (type === "integer" && DECIMAL.test(text)) return Number(text);
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}
