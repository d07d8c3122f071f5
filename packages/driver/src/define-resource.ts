/** Kinds of resources whose `spec` has a type. */

/** A JSON Schema, as far as types are read from it. TypeBox schemas are such schemas too. */
export interface SpecSchema {
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly items?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly unknown[];
  readonly oneOf?: readonly unknown[];
  readonly allOf?: readonly unknown[];
  readonly additionalProperties?: unknown;
  readonly patternProperties?: Readonly<Record<string, unknown>>;
}

type Flat<T> = { [K in keyof T]: T[K] };

type RequiredOf<S> = S extends { readonly required: readonly (infer R extends string)[] }
  ? R
  : never;

type ObjectOf<S> = S extends { readonly properties: infer P }
  ? Flat<
      { readonly [K in keyof P & RequiredOf<S>]: SpecOf<P[K]> } & {
        readonly [K in Exclude<keyof P, RequiredOf<S>>]?: SpecOf<P[K]>;
      }
    >
  : S extends { readonly patternProperties: infer P }
    ? { readonly [key: string]: SpecOf<P[keyof P]> }
    : S extends { readonly additionalProperties: infer A extends object }
      ? { readonly [key: string]: SpecOf<A> }
      : { readonly [key: string]: unknown };

type TypeOf<S, T> = T extends "string"
  ? string
  : T extends "number" | "integer"
    ? number
    : T extends "boolean"
      ? boolean
      : T extends "null"
        ? null
        : T extends "array"
          ? readonly (S extends { readonly items: infer I } ? SpecOf<I> : unknown)[]
          : T extends "object"
            ? ObjectOf<S>
            : unknown;

type AllOf<S> = S extends readonly [infer First, ...infer Rest]
  ? SpecOf<First> & AllOf<Rest>
  : unknown;

/**
 * The type of the values that a JSON Schema describes: `type` (also a list), `properties` with
 * `required`, `items`, `enum`, `const`, `anyOf`, `oneOf`, `allOf`. Where a schema says less, or says it
 * by `$ref`, the type is `unknown`.
 */
export type SpecOf<S> = S extends { readonly const: infer C }
  ? C
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly anyOf: readonly (infer A)[] }
      ? SpecOf<A>
      : S extends { readonly oneOf: readonly (infer O)[] }
        ? SpecOf<O>
        : S extends { readonly allOf: infer L }
          ? AllOf<L>
          : S extends { readonly type: readonly (infer T)[] }
            ? TypeOf<S, T>
            : S extends { readonly type: infer T }
              ? TypeOf<S, T>
              : unknown;

/** A kind of resource whose specs are of type `Spec`. `POST /resource-definitions/` takes it as it is. */
export interface ResourceDefinition<Kind extends string = string, Spec = unknown> {
  readonly name: Kind;
  readonly description?: string;
  readonly version?: string;
  readonly schema: object;
  /** Never set: carries the type of the spec. */
  readonly spec?: Spec;
}

/** What `defineResource` takes: the body of a resource definition. */
export interface ResourceSchema<Kind extends string, Schema> {
  readonly name: Kind;
  readonly description?: string;
  readonly version?: string;
  readonly schema: Schema;
}

/**
 * Describes a kind of resource by its JSON Schema, so that a driver that names it in `resources` gets
 * a typed `resource.spec`. The schema's type is read from a literal or from a TypeBox schema. It sends
 * nothing: apply the definition with `conveyor apply` or `client.definitions`.
 *
 * The server validates each resource when it is written; a resource that is older than the
 * definition's newest schema may not match it.
 *
 * @example
 * ```ts
 * const app = defineResource({
 *   name: "app",
 *   schema: { type: "object", properties: { image: { type: "string" } }, required: ["image"] },
 * });
 * defineDriver({
 *   name: "builder",
 *   resources: [app],
 *   async reconcile({ resource }) {
 *     return { success: true, message: resource.spec.image.toUpperCase() };
 *   },
 * });
 * ```
 */
export function defineResource<const Kind extends string, const Schema extends SpecSchema>(
  definition: ResourceSchema<Kind, Schema>,
): ResourceDefinition<Kind, SpecOf<Schema>> {
  return Object.freeze({ ...definition });
}
