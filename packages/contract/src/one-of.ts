import { Type } from "typebox";

/** A schema for one of several texts, typed as them. */
export function oneOf<const T extends string>(values: readonly T[]) {
  return Type.Unsafe<T>({ type: "string", enum: [...values] });
}
