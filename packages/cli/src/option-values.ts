/** Reading the values of options. */
import { InvalidArgumentError } from "commander";

const DECIMAL = /^[0-9]+$/;

/** A whole number from 1. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (DECIMAL.test(text) && Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError("It must be a whole number from 1.");
}

/** A whole number from 0. */
export function parsePosition(text: string): number {
  const position = Number(text);
  if (DECIMAL.test(text) && Number.isSafeInteger(position)) return position;
  throw new InvalidArgumentError("It must be a whole number from 0.");
}
