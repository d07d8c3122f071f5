/** A resource definition: a named, versioned JSON Schema for one kind of resource. */
export interface Definition {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  /** The author's own version, a free text. */
  readonly version: string | null;
  readonly schema: JsonObject | boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

export type JsonObject = { readonly [key: string]: JsonValue };
