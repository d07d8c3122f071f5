import fc from "fast-check";

/** Mostly the usual; now and then one of the others. */
export function rarely<T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 15, arbitrary: fc.constant(usual) }, fc.constantFrom(...others));
}
